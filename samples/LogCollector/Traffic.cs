using Microsoft.Extensions.Logging;

namespace LogCollector;

/// <summary>What services have to say, over and over again.</summary>
internal static class Traffic
{
    private static readonly (LogLevel Level, string Category, string Text)[] Web =
    [
        (LogLevel.Information, "Requests", "GET /products 200 in 12 ms"),
        (LogLevel.Debug, "Cache", "products: 214 entries, 96 % hits"),
        (LogLevel.Information, "Requests", "POST /cart 201 in 31 ms"),
        (LogLevel.Warning, "Requests", "느린 응답: GET /search?q=사과 1840 ms"),
        (LogLevel.Information, "Requests", "GET /cart 200 in 9 ms"),
        (LogLevel.Error, "Requests", "GET /recommendations 502: no answer from upstream"),
    ];

    private static readonly (LogLevel Level, string Category, string Text)[] Orders =
    [
        (LogLevel.Information, "Checkout", "order placed by 서연, 3 items"),
        (LogLevel.Debug, "Stock", "reserved 3 of 120"),
        (LogLevel.Information, "Checkout", "order confirmed"),
        (LogLevel.Warning, "Stock", "재고가 5개 남았습니다"),
    ];

    private static readonly (LogLevel Level, string Category, string Text)[] Payment =
    [
        (LogLevel.Information, "Cards", "결제 승인 39,000원"),
        (LogLevel.Information, "Cards", "결제 승인 12,500원"),
        (LogLevel.Error, "Cards", "카드사 응답 없음, 시도 3회 후 포기"),
        (LogLevel.Critical, "Ledger", "정산 파일을 쓸 수 없습니다: disk is full"),
    ];

    /// <param name="service">Any: those without a script of their own talk like <c>web</c>.</param>
    /// <param name="number">Counts from 1, and stands in the text, so that each line is another.</param>
    public static LogLine Line(string service, int number)
    {
        var script = service switch
        {
            "orders" => Orders,
            "payment" => Payment,
            _ => Web,
        };
        var (level, category, text) = script[(number - 1) % script.Length];
        return new LogLine(level, category, $"#{number} {text}");
    }
}
