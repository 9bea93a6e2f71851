using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RedisMessaging.SampleTests.Infrastructure;

/// <summary>SignalR's JSON protocol over a WebSocket, as far as the tests of a hub need it: calls with results, and what the hub calls back.</summary>
internal sealed class HubClient : IAsyncDisposable
{
    private const char End = '\u001e';
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(3);

    private readonly ClientWebSocket _socket;
    private readonly ConcurrentDictionary<string, TaskCompletionSource<JsonNode?>> _calls = new();
    private readonly ConcurrentQueue<(string Target, JsonArray Arguments)> _heard = new();
    private readonly CancellationTokenSource _closed = new();
    private readonly SemaphoreSlim _sending = new(1);
    private readonly Task _running;
    private int _lastCall;

    private HubClient(ClientWebSocket socket)
    {
        _socket = socket;
        _running = Task.WhenAll(ReceiveAsync(), PingAsync());
    }

    /// <summary>What the hub has called back so far, in order.</summary>
    public IReadOnlyList<(string Target, JsonArray Arguments)> Heard => [.. _heard];

    /// <param name="hub">The hub's address: http.</param>
    /// <param name="origin">What a browser would say of the page's origin.</param>
    /// <exception cref="WebSocketException">The server refused.</exception>
    public static async Task<HubClient> ConnectAsync(string hub, string? origin = null)
    {
        var socket = new ClientWebSocket();
        if (origin is not null)
        {
            socket.Options.SetRequestHeader("Origin", origin);
        }

        await socket.ConnectAsync(new Uri("ws" + hub["http".Length..]), CancellationToken.None);
        var client = new HubClient(socket);
        await client.SendAsync("""{"protocol":"json","version":1}""");
        return client;
    }

    /// <summary>Calls a method of the hub and returns what it returned.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public async Task<JsonNode?> InvokeAsync(string method, params string?[] arguments)
    {
        var id = $"{Interlocked.Increment(ref _lastCall)}";
        var answer = _calls[id] = new TaskCompletionSource<JsonNode?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var call = new JsonObject { ["type"] = 1, ["invocationId"] = id, ["target"] = method, ["arguments"] = new JsonArray([.. arguments.Select(argument => (JsonNode?)argument)]) };
        await SendAsync(call.ToJsonString(Readable));
        return await answer.Task.WaitAsync(Longest);
    }

    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        await _running;
        _socket.Dispose();
        _sending.Dispose();
        _closed.Dispose();
    }

    private async Task SendAsync(string message)
    {
        await _sending.WaitAsync();
        try
        {
            await _socket.SendAsync(Encoding.UTF8.GetBytes(message + End), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        }
        finally
        {
            _sending.Release();
        }
    }

    private async Task ReceiveAsync()
    {
        var buffer = new byte[16 * 1024];
        var unread = new MemoryStream();
        try
        {
            while (await _socket.ReceiveAsync(buffer, _closed.Token) is { MessageType: not WebSocketMessageType.Close } received)
            {
                unread.Write(buffer, 0, received.Count);
                if (received.EndOfMessage)
                {
                    foreach (var message in Encoding.UTF8.GetString(unread.ToArray()).Split(End, StringSplitOptions.RemoveEmptyEntries))
                    {
                        Take(JsonNode.Parse(message)!.AsObject());
                    }

                    unread.SetLength(0);
                }
            }
        }
        catch (Exception error) when (error is WebSocketException or OperationCanceledException)
        {
            // The server was killed, or the test is over.
        }

        foreach (var call in _calls.Values)
        {
            call.TrySetException(new InvalidOperationException("The connection ended before the answer came."));
        }
    }

    private void Take(JsonObject message)
    {
        switch ((int?)message["type"])
        {
            case 1:
                _heard.Enqueue(((string)message["target"]!, message["arguments"]!.AsArray()));
                break;
            case 3 when message["error"] is { } error:
                _calls[(string)message["invocationId"]!].SetException(new InvalidOperationException((string)error!));
                break;
            case 3:
                _calls[(string)message["invocationId"]!].SetResult(message["result"]);
                break;
        }
    }

    /// <summary>The hub takes who says nothing for long for gone.</summary>
    private async Task PingAsync()
    {
        try
        {
            using var timer = new PeriodicTimer(KeepAlive);
            while (await timer.WaitForNextTickAsync(_closed.Token))
            {
                await SendAsync("""{"type":6}""");
            }
        }
        catch (Exception error) when (error is WebSocketException or OperationCanceledException)
        {
            // As above.
        }
    }
}
