namespace Orders;

/// <summary>The shop's customers and what they order: the same order for the same number, so that what was paid can be checked.</summary>
internal static class OrderBook
{
    /// <summary>Is sold, but missing in the inventory's catalogue until somebody adds it.</summary>
    public const string NewProduct = "한라봉";

    private static readonly (string Name, string Address, string Contact)[] Customers =
    [
        ("김민지", "서울특별시 마포구 양화로 45", "minji@example.kr"),
        ("이서준", "부산광역시 해운대구 센텀중앙로 90", "010-0000-1234"),
        ("박하은", "제주특별자치도 제주시 연동길 7", "haeun@example.kr"),
        ("최도윤", "대전광역시 유성구 대학로 99", "010-0000-5678"),
        ("정예린", "강원특별자치도 강릉시 창해로 307", "yerin@example.kr"),
    ];

    private static readonly (string Product, int Won)[] Products =
    [
        ("사과", 3_500),
        ("배", 5_000),
        ("귤", 1_200),
        ("곶감", 8_900),
        ("햅쌀", 42_000),
        (NewProduct, 6_000),
    ];

    public static OrderPlaced Order(int number)
    {
        var (customer, address, contact) = Customers[number % Customers.Length];
        // Of each twelve orders one is for the product that the catalogue lacks.
        var (product, won) = number % 12 == 0 ? Products[^1] : Products[number % (Products.Length - 1)];
        var quantity = 1 + (number % 3);
        return new OrderPlaced(number, customer, address, contact, product, quantity, quantity * won);
    }
}
