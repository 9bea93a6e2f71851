using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RedisMessaging.Testing;

/// <summary>Tells a Redis something over a connection of its own, as a program that knows nothing of primaries, replicas and clusters.</summary>
public static class RedisReply
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <param name="server">Address and port.</param>
    /// <param name="command">The command and its arguments.</param>
    /// <returns>The reply; of an array the elements, each a line.</returns>
    /// <exception cref="InvalidOperationException">An error reply.</exception>
    public static async Task<string> ToAsync(string server, params string[] command)
    {
        using var deadline = new CancellationTokenSource(Timeout);
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(IPEndPoint.Parse(server), deadline.Token);
        await using var stream = client.GetStream();
        var request = new StringBuilder($"*{command.Length}\r\n");
        foreach (var part in command)
        {
            request.Append(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(part)}\r\n{part}\r\n");
        }

        await stream.WriteAsync(Encoding.UTF8.GetBytes(request.ToString()), deadline.Token);
        // One character a byte, so that lengths count characters.
        using var reader = new StreamReader(stream, Encoding.Latin1);
        var lines = new List<string>();
        await ReadAsync(reader, lines, command, deadline.Token);
        return string.Join('\n', lines);
    }

    private static async Task ReadAsync(StreamReader reader, List<string> lines, string[] command, CancellationToken cancellationToken)
    {
        var line = await reader.ReadLineAsync(cancellationToken) ?? throw new InvalidOperationException($"{string.Join(' ', command)}: the server hung up.");
        var rest = line[1..];
        switch (line[0])
        {
            case '-':
                throw new InvalidOperationException($"{string.Join(' ', command)}: {rest}");
            case '$' when int.Parse(rest, CultureInfo.InvariantCulture) is >= 0 and var length:
                var text = new char[length + 2];
                await reader.ReadBlockAsync(text, cancellationToken);
                lines.Add(new string(text, 0, length));
                break;
            case '*':
                for (var i = int.Parse(rest, CultureInfo.InvariantCulture); i > 0; i--)
                {
                    await ReadAsync(reader, lines, command, cancellationToken);
                }

                break;
            case '+' or ':':
                lines.Add(rest);
                break;
            default:
                lines.Add("");
                break;
        }
    }
}
