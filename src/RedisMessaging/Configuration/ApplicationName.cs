using System.Reflection;

namespace RedisMessaging.Configuration;

/// <summary>Who we are when nobody says so.</summary>
internal static class ApplicationName
{
    public static string Of(RedisMessagingOptions options, string? host)
    {
        if (options.Application is not null && string.IsNullOrWhiteSpace(options.Application))
        {
            throw new RedisMessagingConfigurationException("Application is blank. Give the application's name, or leave it out.");
        }

        return options.Application
            ?? (string.IsNullOrWhiteSpace(host) ? null : host) ?? Assembly.GetEntryAssembly()?.GetName().Name ?? "app";
    }
}
