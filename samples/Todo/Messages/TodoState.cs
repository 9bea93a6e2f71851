using System.Text.Json.Serialization;

namespace Todo.Messages;

[JsonConverter(typeof(JsonStringEnumConverter<TodoState>))]
internal enum TodoState
{
    Open,
    Done,
    Deleted,
}
