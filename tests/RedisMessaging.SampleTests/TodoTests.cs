using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using RedisMessaging.SampleTests.Infrastructure;

namespace RedisMessaging.SampleTests;

/// <summary>The built Todo: API and worker as processes, killed where a database and a bus get out of step.</summary>
public sealed class TodoTests
{
    [Theory]
    [InlineData("Sqlite")]
    [PostgresData]
    public async Task An_update_is_handled_once_though_the_API_is_killed_before_and_after_it_publishes(string provider)
    {
        await using var todo = await TodoDeployment.CreateAsync(provider);
        await using var worker = await todo.StartWorkerAsync();
        string id;

        await using (var api = await todo.StartApiAsync(holdAt: "BeforePublish"))
        {
            using var http = await TodoDeployment.ConnectAsync(api);
            id = (await CreateAsync(http, "우유 사기")).GetProperty("id").GetString()!;
            await api.PrintsAsync("held BeforePublish");
            await worker.PrintsAsync("Application started");
            (await todo.CountAsync()).Should().Be((1, 0, 0), "it is saved and not published");
            await api.KillAsync();
        }

        await using (var api = await todo.StartApiAsync(holdAt: "BeforeDelete"))
        {
            await api.PrintsAsync("held BeforeDelete");
            await worker.PrintsAsync("handled: 우유 사기, version 1, Open");
            (await todo.CountAsync()).Should().Be((1, 1, 1), "it is published, and its row is still there");
            await api.KillAsync();
        }

        await using (var api = await todo.StartApiAsync())
        {
            using var http = await TodoDeployment.ConnectAsync(api);
            await api.PrintsAsync("published again, stored once (Duplicate)");
            (await http.PostAsync($"/todos/{id}/done", content: null)).StatusCode.Should().Be(HttpStatusCode.OK);
            // Behind it in the stream: whatever came of the row before has been handled, too.
            await worker.PrintsAsync("handled: 우유 사기, version 2, Done");
            await Eventually.TrueAsync(async () => await todo.CountAsync() == (0, 2, 2), what: "two rows relayed, two messages, two marks");
            worker.Lines.Count(line => Regex.IsMatch(line, "handled( before)?: ")).Should().Be(2, worker.Output);
            var summary = await SummarizeAsync(http);
            (summary.GetProperty("updates").GetInt32(), summary.GetProperty("open").GetInt32(), summary.GetProperty("done").GetInt32()).Should().Be((2, 0, 1));
        }
    }

    [Fact]
    public async Task What_is_stored_twice_is_handled_once_and_what_is_older_overwrites_nothing()
    {
        await using var todo = await TodoDeployment.CreateAsync();
        todo.SeparateProjection();
        // Shorter than a process takes to start.
        todo.Set("RedisMessaging__Topics__todo_updates__DeduplicationWindow", "00:00:00.010");
        todo.Set("Outbox__Interval", "00:00:00.200");
        await using var worker = await todo.StartWorkerAsync();
        string id;
        await using (var api = await todo.StartApiAsync(holdAt: "BeforeDelete"))
        {
            using var http = await TodoDeployment.ConnectAsync(api);
            id = (await CreateAsync(http, "설거지하기")).GetProperty("id").GetString()!;
            await api.PrintsAsync("held BeforeDelete");
            await api.KillAsync();
        }

        await using (var api = await todo.StartApiAsync())
        {
            using var http = await TodoDeployment.ConnectAsync(api);
            await worker.PrintsAsync("handled before: 설거지하기, version 1");
            // As of a process that is gone: nobody wakes the relay for it.
            await todo.AddToOutboxAsync($$"""{"id":"{{id}}","version":0,"title":"옛 제목","state":"Done"}""");
            await worker.PrintsAsync("handled: 옛 제목, version 0");
            await Eventually.TrueAsync(async () => await todo.CountAsync() == (0, 3, 2), what: "three messages, two of them with one id and one mark");
            var view = (await SummarizeAsync(http)).GetProperty("todos").EnumerateArray().Should().ContainSingle().Subject;
            view.GetProperty("updates").GetInt32().Should().Be(2);
            (view.GetProperty("title").GetString(), view.GetProperty("version").GetInt32(), view.GetProperty("state").GetString()).Should().Be(("설거지하기", 1, "Open"));
        }
    }

    [Fact]
    public async Task Two_APIs_relay_in_order_and_a_worker_that_was_killed_is_caught_up_with()
    {
        await using var todo = await TodoDeployment.CreateAsync();
        todo.Set("RedisMessaging__Topics__todo_updates__Lease", "00:00:01");
        // Both at once: each wants to create the tables.
        await using var worker = await todo.StartWorkerAsync();
        string id;
        await using (var held = await todo.StartApiAsync(holdAt: "BeforePublish"))
        {
            using var http = await TodoDeployment.ConnectAsync(held);
            id = (await CreateAsync(http, "할 일")).GetProperty("id").GetString()!;
            for (var version = 1; version <= 10; version++)
            {
                (await ChangeAsync(http, id, $"할 일 {version + 1}", version)).StatusCode.Should().Be(HttpStatusCode.OK);
            }

            await held.KillAsync();
        }

        (await todo.CountAsync()).Should().Be((11, 0, 0));
        // Each finds the eleven rows when it starts, and relays them beside the other.
        await using var one = await todo.StartApiAsync();
        await using var other = await todo.StartApiAsync();
        using var here = await TodoDeployment.ConnectAsync(one);
        using var there = await TodoDeployment.ConnectAsync(other);
        await worker.PrintsAsync("handled: 할 일 11, version 11, Open");
        VersionsHandledBy(worker).Should().Equal(Enumerable.Range(1, 11));

        var creations = Enumerable.Range(1, 40).Select(number => CreateAsync(number % 2 == 0 ? here : there, $"집안일 {number}")).ToList();
        await worker.PrintsAsync("handled: 집안일");
        await worker.KillAsync();
        await Task.WhenAll(creations);
        (await here.DeleteAsync($"/todos/{id}")).StatusCode.Should().Be(HttpStatusCode.NoContent);

        await using var next = await todo.StartWorkerAsync();
        await Eventually.TrueAsync(async () => await todo.CountAsync() == (0, 52, 52), TimeSpan.FromMinutes(1), "52 changes, each published and handled once");
        var summary = await SummarizeAsync(there);
        (summary.GetProperty("updates").GetInt32(), summary.GetProperty("open").GetInt32(), summary.GetProperty("deleted").GetInt32()).Should().Be((52, 40, 1));
    }

    [Fact]
    public async Task Bad_requests_are_told_what_is_wrong_and_a_change_from_an_old_version_is_refused()
    {
        await using var todo = await TodoDeployment.CreateAsync();
        // So that nothing but the requests wakes the relay.
        todo.Set("Outbox__Interval", "01:00:00");
        await using var api = await todo.StartApiAsync();
        using var http = await TodoDeployment.ConnectAsync(api);
        var id = (await CreateAsync(http, "빨래")).GetProperty("id").GetString()!;

        foreach (var body in new object[] { new { title = " " }, new { }, new { title = new string('글', 201) } })
        {
            var problem = await ProblemAsync(await http.PostAsJsonAsync("/todos", body), HttpStatusCode.BadRequest);
            problem.GetProperty("errors").GetProperty("Title").GetArrayLength().Should().Be(1);
        }

        await ProblemAsync(await http.PostAsync("/todos", new StringContent("{", mediaType: new("application/json"))), HttpStatusCode.BadRequest);
        (await ProblemAsync(await ChangeAsync(http, id, "빨래", version: 0), HttpStatusCode.BadRequest)).GetProperty("errors").TryGetProperty("Version", out _).Should().BeTrue();
        await ProblemAsync(await ChangeAsync(http, Guid.NewGuid().ToString(), "없는 일", version: 1), HttpStatusCode.NotFound);

        (await ChangeAsync(http, id, "빨래 널기", version: 1)).StatusCode.Should().Be(HttpStatusCode.OK);
        var conflict = await ProblemAsync(await ChangeAsync(http, id, "빨래 개기", version: 1), HttpStatusCode.Conflict);
        conflict.GetProperty("detail").GetString().Should().Contain("version 2");
        var now = await http.GetFromJsonAsync<JsonElement>($"/todos/{id}");
        (now.GetProperty("title").GetString(), now.GetProperty("version").GetInt32()).Should().Be(("빨래 널기", 2));
        (await http.GetFromJsonAsync<JsonElement>("/todos")).GetArrayLength().Should().Be(1);

        // What is refused is not published either.
        await Eventually.TrueAsync(async () => await todo.CountAsync() == (0, 2, 0), what: "two changes, two messages");
    }

    private static async Task<JsonElement> CreateAsync(HttpClient http, string title)
    {
        using var answer = await http.PostAsJsonAsync("/todos", new { title });
        answer.StatusCode.Should().Be(HttpStatusCode.Created);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static Task<HttpResponseMessage> ChangeAsync(HttpClient http, string id, string title, int version) => http.PutAsJsonAsync($"/todos/{id}", new { title, done = false, version });

    private static Task<JsonElement> SummarizeAsync(HttpClient http) => http.GetFromJsonAsync<JsonElement>("/summary");

    private static async Task<JsonElement> ProblemAsync(HttpResponseMessage response, HttpStatusCode status)
    {
        using var answer = response;
        answer.StatusCode.Should().Be(status);
        answer.Content.Headers.ContentType!.MediaType.Should().Be("application/problem+json");
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static IEnumerable<int> VersionsHandledBy(SampleProgram worker) => worker.Lines
        .Select(line => Regex.Match(line, @"handled: .*, version (\d+)"))
        .Where(match => match.Success)
        .Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
}
