using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Chat;

/// <summary>Where this server listens, as people read it: known once it does.</summary>
internal sealed class ServerAddress(IServer server)
{
    public string Value => field ??= server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() is { } url ? new Uri(url).Authority : throw new InvalidOperationException("The server does not listen yet.");
}
