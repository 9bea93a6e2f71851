namespace News;

/// <summary>One piece of news.</summary>
internal sealed record NewsItem(string Headline);
