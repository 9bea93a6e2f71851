using System.ComponentModel.DataAnnotations;

namespace Todo.Api;

/// <summary>The body of <c>PUT /todos/{id}</c>. Public as <see cref="CreateTodo"/> is.</summary>
/// <param name="Version">The version that the change was made from.</param>
public sealed record ChangeTodo([Required, StringLength(200)] string Title, bool Done, [Range(1, int.MaxValue)] int Version);
