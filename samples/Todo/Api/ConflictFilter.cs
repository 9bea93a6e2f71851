using Microsoft.EntityFrameworkCore;
using Todo.Data;

namespace Todo.Api;

/// <summary>An update of something that has changed meanwhile is answered with 409 and the version there is now.</summary>
internal sealed class ConflictFilter : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (DbUpdateConcurrencyException conflict)
        {
            var now = await conflict.Entries[0].GetDatabaseValuesAsync(context.HttpContext.RequestAborted);
            return now is null
                ? TypedResults.NotFound()
                : TypedResults.Problem($"It has version {now.GetValue<int>(nameof(TodoItem.Version))} now: read it again.", statusCode: StatusCodes.Status409Conflict, title: "The todo was changed meanwhile.");
        }
    }
}
