using System.ComponentModel.DataAnnotations;

namespace Todo.Api;

/// <summary>The body of <c>POST /todos</c>. Public: what is not, the generated validation passes over.</summary>
public sealed record CreateTodo([Required, StringLength(200)] string Title);
