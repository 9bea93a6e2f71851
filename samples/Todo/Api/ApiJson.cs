using System.Text.Json;
using System.Text.Json.Serialization;
using Todo.Data;

namespace Todo.Api;

/// <summary>How the API reads and writes JSON, generated when this is compiled.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(CreateTodo))]
[JsonSerializable(typeof(ChangeTodo))]
[JsonSerializable(typeof(TodoItem))]
[JsonSerializable(typeof(List<TodoItem>))]
[JsonSerializable(typeof(Summary))]
internal sealed partial class ApiJson : JsonSerializerContext;
