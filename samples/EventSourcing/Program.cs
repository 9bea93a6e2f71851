using EventSourcing;
using EventSourcing.Projection;

// EventSourcing                               all of it, as a story
// EventSourcing open NUMBER HOLDER AMOUNT     opens an account with a first deposit
// EventSourcing deposit NUMBER AMOUNT
// EventSourcing withdraw NUMBER AMOUNT
// EventSourcing show NUMBER                   an account's events, and what it costs to load it
// EventSourcing teller NAME                   deposits to and withdraws from all accounts at random; Enter ends it
// EventSourcing project                       keeps the projection; Enter ends it
// EventSourcing balances                      what the projection says
// EventSourcing rebuild                       clears the projection and makes it anew, with a projector that runs
Console.OutputEncoding = System.Text.Encoding.UTF8;
switch (args)
{
    case ["teller", var name]:
        await Teller.RunAsync(name);
        return 0;
    case ["project"]:
        await Projector.RunAsync();
        return 0;
    case []:
        try
        {
            return await Story.RunAsync() ? 0 : 1;
        }
        catch (TimeoutException late)
        {
            Console.WriteLine($"WRONG: {late.Message}");
            return 1;
        }

    default:
        return await Counter.RunAsync(args) ? 0 : 1;
}
