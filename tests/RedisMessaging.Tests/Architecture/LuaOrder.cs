using System.Text.RegularExpressions;

namespace RedisMessaging.Tests.Architecture;

/// <summary>
/// Reads a Lua script and finds where a command that removes something precedes one that can be refused, or where a read that can be refused stands between what puts and what removes, within one
/// function and along any way through it. What a function does that it
/// calls counts as its own. A loop's body is read once: each of its rounds is another message.
/// </summary>
internal sealed partial class LuaOrder
{
    private static readonly HashSet<string> Removing =
    [
        "BLMPOP", "DEL", "GETDEL", "HDEL", "LMPOP", "LPOP", "LREM", "LSET", "LTRIM", "RPOP", "SPOP", "SREM", "UNLINK", "XACK", "XACKDEL", "XAUTOCLAIM", "XDEL", "XGROUP|DELCONSUMER", "XGROUP|DESTROY", "XTRIM",
        "ZPOPMAX", "ZPOPMIN", "ZREM", "ZREMRANGEBYSCORE",
    ];

    private static readonly HashSet<string> Reading =
    [
        "EXISTS", "GET", "HEXISTS", "HGET", "HGETALL", "HKEYS", "HLEN", "HMGET", "HSCAN", "LINDEX", "LLEN", "LPOS", "LRANGE", "PTTL", "TIME", "TYPE", "XINFO|CONSUMERS", "XINFO|GROUPS", "XINFO|STREAM",
        "XLEN", "XPENDING", "XRANGE", "XREVRANGE", "ZCARD", "ZRANGE", "ZRANGEBYSCORE", "ZRANK", "ZSCORE",
    ];

    /// <summary>Parameters that stand for what puts a message somewhere.</summary>
    private static readonly HashSet<string> Putting = ["append", "bury", "put"];

    private readonly List<string> _tokens;
    private readonly Dictionary<string, (bool Puts, bool Removes)> _functions;
    private readonly List<string> _violations = [];
    private int _at;

    private LuaOrder(string script, Dictionary<string, (bool Puts, bool Removes)> functions)
    {
        // What is looked at behind the last word is nothing.
        _tokens = [.. Token().Matches(Comment().Replace(script, "")).Select(match => match.Value), "", "", "", ""];
        _functions = new Dictionary<string, (bool Puts, bool Removes)>(functions);
    }

    /// <param name="shared">What other scripts define; those of this one are added where they stand.</param>
    /// <param name="functions">The functions that this script defines.</param>
    /// <returns>Each command that is called too late.</returns>
    public static IReadOnlyList<string> Check(string script, Dictionary<string, (bool Puts, bool Removes)> shared, out Dictionary<string, (bool Puts, bool Removes)> functions)
    {
        var order = new LuaOrder(script, shared);
        order.ReadBlock(new Flow());
        functions = order._functions;
        return order._violations;
    }

    /// <summary>Reads up to the word that ends the block, which it leaves.</summary>
    private Flow ReadBlock(Flow flow)
    {
        while (_tokens[_at] is not ("end" or "else" or "elseif" or "until" or ""))
        {
            var token = _tokens[_at++];
            switch (token)
            {
                case "function":
                    ReadFunction(flow);
                    break;
                case "if":
                    ReadBranches(flow);
                    break;
                case "for" or "while":
                    ReadUpTo("do", flow);
                    ReadLoop(flow, "end");
                    break;
                case "do":
                    ReadLoop(flow, "end");
                    break;
                case "repeat":
                    ReadLoop(flow, "until");
                    break;
                case "return" or "error":
                    flow.Returns = true;
                    break;
                default:
                    ReadExpression(token, flow);
                    break;
            }
        }

        return flow;
    }

    private void ReadFunction(Flow around)
    {
        var name = Word().IsMatch(_tokens[_at]) ? _tokens[_at++] : null;
        ReadUpTo(")", new Flow());
        var body = ReadBlock(new Flow());
        _at++;
        if (name is not null)
        {
            _functions[name] = (body.Puts || body.HasMoved, body.Removes || body.HasMoved);
        }
        else
        {
            // Whatever it is given to may call it.
            around.Puts |= body.Puts && !body.Removes;
        }
    }

    private void ReadBranches(Flow flow)
    {
        var (entered, put, lateRead) = (flow.HasRemoved, flow.Puts, flow.LateRead);
        var left = false;
        var hasElse = false;
        do
        {
            if (!hasElse)
            {
                ReadUpTo("then", flow);
            }

            var branch = ReadBlock(new Flow { HasRemoved = entered, Puts = put, LateRead = lateRead });
            flow.Puts |= branch.Puts && !branch.Returns;
            flow.Removes |= branch.Removes;
            flow.HasMoved |= branch.HasMoved;
            flow.LateRead ??= branch.Returns ? null : branch.LateRead;
            left |= branch.HasRemoved && !branch.Returns;
            hasElse = _tokens[_at] == "else";
        }
        while (_tokens[_at++] != "end");
        flow.HasRemoved |= left;
    }

    private void ReadLoop(Flow flow, string end)
    {
        var body = ReadBlock(new Flow { HasRemoved = flow.HasRemoved, Puts = flow.Puts, LateRead = flow.LateRead });
        _tokens[_at++].Should().Be(end);
        flow.Removes |= body.Removes;
        flow.HasMoved |= body.HasMoved;
        if (body.Puts && body.Removes && !flow.Puts && !flow.HasRemoved)
        {
            // A move, from its beginning to its end: what comes behind it is about something else.
            flow.HasMoved = true;
            return;
        }

        flow.Puts |= body.Puts;
        flow.LateRead ??= body.LateRead;
        flow.HasRemoved |= body.HasRemoved && !body.Returns;
    }

    private void ReadUpTo(string end, Flow flow)
    {
        while (_tokens[_at++] is var token && token != end)
        {
            if (token == "function")
            {
                ReadFunction(flow);
            }
            else
            {
                ReadExpression(token, flow);
            }
        }
    }

    private void ReadExpression(string token, Flow flow)
    {
        if (token == "redis" && _tokens[_at] == "." && _tokens[_at + 1] is ("call" or "pcall"))
        {
            ReadCall(flow);
        }
        else if (_at >= 2 && _tokens[_at - 2] == ".")
        {
            // A field of something.
        }
        else if (_functions.TryGetValue(token, out var called) && (_tokens[_at] == "(" || IsArgument()))
        {
            Note(token, called.Puts, called.Removes, flow);
        }
        else if (Putting.Contains(token) && (_tokens[_at] == "(" || IsArgument()))
        {
            Note(token, puts: true, removes: false, flow);
        }
    }

    /// <summary>A function that is given to another one, which may call it.</summary>
    private bool IsArgument() => _at >= 2 && (_tokens[_at - 2] is "(" or ",") && (_tokens[_at] is ")" or ",");

    private void ReadCall(Flow flow)
    {
        var mayFail = _tokens[_at + 1] == "call";
        _at += 3;
        if (!_tokens[_at].StartsWith('\''))
        {
            // A command that a parameter names: one that puts something back.
            Note("redis.call", puts: true, removes: false, flow);
            return;
        }

        var command = _tokens[_at].Trim('\'');
        if (command is "XGROUP" or "XINFO")
        {
            command += "|" + _tokens[_at + 2].Trim('\'');
        }

        if (mayFail && flow.Puts && !flow.HasRemoved && Reading.Contains(command))
        {
            flow.LateRead = command;
        }

        Note(command, puts: !Removing.Contains(command) && !Reading.Contains(command), removes: Removing.Contains(command), flow);
    }

    private void Note(string name, bool puts, bool removes, Flow flow)
    {
        if (puts && removes)
        {
            // A move, from its beginning to its end, in its own order: what comes behind it is about something else.
            flow.HasMoved = true;
            return;
        }

        if (puts && flow.HasRemoved)
        {
            _violations.Add(name);
        }

        if (removes && flow.LateRead is { } read)
        {
            _violations.Add(read);
            flow.LateRead = null;
        }

        flow.Puts |= puts;
        flow.Removes |= removes;
        flow.HasRemoved |= removes;
    }

    [GeneratedRegex(@"--[^\n]*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"'(?:\\.|[^'\\])*'|""(?:\\.|[^""\\])*""|\w+|\S")]
    private static partial Regex Token();

    [GeneratedRegex(@"^\w+$")]
    private static partial Regex Word();

    /// <summary>What is known at some place of a function.</summary>
    private sealed class Flow
    {
        /// <summary>Something may have been removed on the way here.</summary>
        public bool HasRemoved { get; set; }

        public bool Puts { get; set; }

        public bool Removes { get; set; }

        /// <summary>Something was moved, in the right order.</summary>
        public bool HasMoved { get; set; }

        /// <summary>A read that stands behind what puts something.</summary>
        public string? LateRead { get; set; }

        /// <summary>Nothing of the block around it comes behind it.</summary>
        public bool Returns { get; set; }
    }
}
