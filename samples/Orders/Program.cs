using Orders;

// Orders                                       the story
// Orders place --orders 20 --from 101          publishes orders
// Orders worker STEP                           works at payment, inventory, shipping, confirmation, loyalty, statistics or fraud; the end of its input stops it
// Orders watch                                 the table, until Enter
// Orders add-product 한라봉 100                 puts a product into the inventory's catalogue
// Orders redrive                               shows the dead letters, and puts them back
// …                  --data FOLDER             where the steps keep what they did
Console.OutputEncoding = System.Text.Encoding.UTF8;
switch (args)
{
    case ["place", .. var settings]:
        await Till.RunAsync(settings);
        return 0;
    case ["worker", var name, .. var settings] when Steps.All.FirstOrDefault(step => step.Name == name) is { } step:
        await Worker.RunAsync(step, settings);
        return 0;
    case ["watch", .. var settings]:
        await Operator.WatchAsync(settings);
        return 0;
    case ["add-product", var product, var quantity, .. var settings]:
        await Operator.AddProductAsync(product, int.Parse(quantity, System.Globalization.CultureInfo.InvariantCulture), settings);
        return 0;
    case ["redrive", .. var settings]:
        await Operator.RedriveAsync(settings);
        return 0;
    case [] or [['-', ..], ..]:
        return await Story.RunAsync(args) ? 0 : 1;
    default:
        Console.WriteLine($"There is no '{string.Join(' ', args)}'. Steps are {string.Join(", ", Steps.All.Select(step => step.Name))}; see README.md for the rest.");
        return 2;
}
