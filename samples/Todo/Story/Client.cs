using Todo.Api;
using Todo.Data;

namespace Todo.Story;

/// <summary>What somebody does with the API. Each request is printed with its answer.</summary>
internal sealed class Client(string address) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = new Uri(address) };

    public async Task<TodoItem> CreateAsync(string title) => await AnswerAsync(
        await _http.PostAsJsonAsync("/todos", new CreateTodo(title), ApiJson.Default.CreateTodo), $"POST /todos {title}");

    public async Task<TodoItem> RenameAsync(TodoItem todo, string title) => await AnswerAsync(
        await _http.PutAsJsonAsync($"/todos/{todo.Id}", new ChangeTodo(title, todo.Done, todo.Version), ApiJson.Default.ChangeTodo), $"PUT /todos/… {title}");

    /// <summary>From a version that somebody else has changed since.</summary>
    public async Task RenameFromOldAsync(TodoItem todo, string title)
    {
        using var answer = await _http.PutAsJsonAsync($"/todos/{todo.Id}", new ChangeTodo(title, todo.Done, todo.Version), ApiJson.Default.ChangeTodo);
        Console.WriteLine($"  PUT /todos/… {title}, from version {todo.Version}: {(int)answer.StatusCode} {answer.ReasonPhrase}");
    }

    public async Task<TodoItem> CompleteAsync(TodoItem todo) => await AnswerAsync(await _http.PostAsync($"/todos/{todo.Id}/done", content: null), $"POST /todos/…/done {todo.Title}");

    public async Task<Summary> SummarizeAsync() => (await _http.GetFromJsonAsync("/summary", ApiJson.Default.Summary))!;

    public void Dispose() => _http.Dispose();

    private static async Task<TodoItem> AnswerAsync(HttpResponseMessage response, string request)
    {
        using var answer = response.EnsureSuccessStatusCode();
        var todo = (await answer.Content.ReadFromJsonAsync(ApiJson.Default.TodoItem))!;
        Console.WriteLine($"  {request}: {(int)answer.StatusCode} {answer.ReasonPhrase}, version {todo.Version}");
        return todo;
    }
}
