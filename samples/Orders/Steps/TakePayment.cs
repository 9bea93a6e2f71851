using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using RedisMessaging;

namespace Orders;

/// <summary>Charges the customer. A message comes again when its ack was lost, and nobody may pay twice: the payment and the message's id are one row, which is written in one transaction with the charge.</summary>
internal sealed class TakePayment(StepDatabase database, IConfiguration settings) : IMessageHandler<OrderPlaced>
{
    public const string Paid = "paid";
    public const string Again = "again";

    /// <summary>A setting, for the story and the tests: the order after whose commit this process dies, before the ack.</summary>
    public const string DieAfterCommitOf = "die-after-commit-of";

    public const string Schema = """
        CREATE TABLE IF NOT EXISTS payments (message_id TEXT NOT NULL UNIQUE, order_number INTEGER NOT NULL, customer TEXT NOT NULL, won INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS accounts (customer TEXT PRIMARY KEY, charged INTEGER NOT NULL);
        """;

    private static readonly TimeSpan Work = TimeSpan.FromMilliseconds(20);

    public async ValueTask HandleAsync(OrderPlaced message, MessageContext context, CancellationToken cancellationToken)
    {
        await Task.Delay(Work, cancellationToken);
        var added = await database.OnceAsync(
            "INSERT INTO payments (message_id, order_number, customer, won) VALUES (@id, @order, @customer, @won) ON CONFLICT (message_id) DO NOTHING",
            "INSERT INTO accounts (customer, charged) VALUES (@customer, @won) ON CONFLICT (customer) DO UPDATE SET charged = charged + @won",
            [[("@id", context.MessageId), ("@order", message.Number), ("@customer", message.Customer), ("@won", message.Won)]],
            cancellationToken);
        Console.WriteLine(added == 1
            ? $"{Paid} | order {message.Number} | {message.Won:N0} won by {message.Customer}"
            : $"{Again} | order {message.Number} | {context.MessageId} is paid already");

        if (added == 1 && settings[DieAfterCommitOf] == $"{message.Number}")
        {
            // SIGKILL to itself: the payment is there, its ack will never be.
            Process.GetCurrentProcess().Kill();
        }
    }
}
