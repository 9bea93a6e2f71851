using RedisMessaging;
using SwitchTransport;

// SwitchTransport                       all three transports, one after the other
// SwitchTransport --transport Queue     one of them: PubSub, Queue or Stream
Console.OutputEncoding = System.Text.Encoding.UTF8;
if (args is ["consume", var keyPrefix, var consumed])
{
    await Consumer.RunAsync(keyPrefix, consumed);
    return 0;
}

var transports = args is ["--transport", var one] ? [one] : Enum.GetNames<TransportKind>();
var results = new List<Result>();
foreach (var transport in transports)
{
    results.Add(await Experiment.RunAsync(transport));
}

Console.WriteLine();
Console.WriteLine($"{"",-8} {"published",9} {"delivered",9} {"lost",6} {"doubled",8} {"reordered",9}");
foreach (var result in results)
{
    Console.WriteLine($"{result.Transport,-8} {result.Published,9} {result.Delivered,9} {result.Lost,6} {result.Doubled,8} {result.Reordered,9}   {Promise.Of(result.Transport)}");
}

return 0;
