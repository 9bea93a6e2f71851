namespace SwitchTransport;

/// <param name="Delivered">Different messages that were handled at least once.</param>
/// <param name="Doubled">Deliveries of a message that had been handled before.</param>
/// <param name="Reordered">Messages that were handled after a later one.</param>
internal sealed record Result(string Transport, int Published, int Delivered, int Lost, int Doubled, int Reordered);
