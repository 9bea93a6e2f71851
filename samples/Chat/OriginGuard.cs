using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.Options;

namespace Chat;

/// <summary>
/// What CORS leaves open: browsers ask nobody before they open a WebSocket to another origin, so the hub looks at who asks. And the other way round: the pages from here talk to these origins
/// only, whatever a link's <c>?server=</c> says, and run no script but ours.
/// </summary>
internal sealed class OriginGuard(RequestDelegate next, IOptions<CorsOptions> cors, IOptions<ChatSettings> settings)
{
    private readonly CorsPolicy _policy = cors.Value.GetPolicy(cors.Value.DefaultPolicyName)!;
    private readonly string _others = string.Join(' ', settings.Value.Origins.Select(origin => $"{origin} {WebSocketOf(origin)}"));

    public Task InvokeAsync(HttpContext context)
    {
        if (context.Request.Path.StartsWithSegments(ChatHub.Path, StringComparison.Ordinal) && !IsWelcome(context.Request))
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        }

        context.Response.Headers.ContentSecurityPolicy = $"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' {_others}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        // The page of a new version is taken at once: browsers ask whether theirs is the latest.
        context.Response.Headers.CacheControl = "no-cache";
        return next(context);
    }

    /// <summary>Programs say of no origin, and a preflight is for the CORS middleware to answer. One's own page is known by the host alone: a proxy may have taken the TLS off.</summary>
    private bool IsWelcome(HttpRequest request) => HttpMethods.IsOptions(request.Method)
        || request.Headers.Origin.ToString() is not { Length: > 0 } origin
        || (Uri.TryCreate(origin, UriKind.Absolute, out var page) && page.Authority == request.Host.Value)
        || _policy.IsOriginAllowed(origin);

    /// <summary><c>http:</c> becomes <c>ws:</c>, <c>https:</c> becomes <c>wss:</c>.</summary>
    private static string WebSocketOf(string origin) => $"ws{origin["http".Length..]}";
}
