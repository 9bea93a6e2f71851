namespace Orders;

/// <summary>Stands for somebody else's service: what it was sent lies in a folder, and it is down while a certain file is there.</summary>
internal sealed class MailGateway(DataFolder data)
{
    /// <param name="idempotencyKey">What it was sent with one key it sends once. That is all that can be done where there is no common transaction.</param>
    /// <param name="to">A mail address or a phone number.</param>
    /// <param name="text">The text.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="HttpRequestException">It is down.</exception>
    public async Task SendAsync(string idempotencyKey, string to, string text, CancellationToken cancellationToken)
    {
        if (File.Exists(data.GatewayIsDown))
        {
            throw new HttpRequestException("503 Service Unavailable: the mail gateway is down");
        }

        await File.WriteAllTextAsync(Path.Combine(data.Sent, $"{idempotencyKey}.txt"), $"{(to.Contains('@', StringComparison.Ordinal) ? "mail" : "SMS")} to {to}: {text}\n", cancellationToken);
    }

    public void GoDown() => File.WriteAllText(data.GatewayIsDown, "");

    public void ComeUp() => File.Delete(data.GatewayIsDown);
}
