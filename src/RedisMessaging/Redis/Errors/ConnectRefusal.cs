using System.Security.Authentication;
using RedisMessaging.Diagnostics;

namespace RedisMessaging.Redis.Errors;

/// <summary>Failures to connect that waiting does not mend.</summary>
internal static class ConnectRefusal
{
    /// <summary>The error to fail with, or <see langword="null"/> when trying again is the right answer.</summary>
    /// <param name="user">The user the connection is to act as.</param>
    public static RedisMessagingConfigurationException? Explain(Exception error, string? user)
    {
        if (Find<AuthenticationException>(error) is { } tls)
        {
            return new RedisMessagingConfigurationException(
                $"The TLS handshake with Redis failed: {BoundedText.MessageOf(tls)} Give the server a certificate that this machine "
                + "trusts and that names the host connected to (sslHost=…), or set what to trust with ConfigurationOptions.TrustIssuer "
                + "or CertificateValidation.",
                error);
        }

        return RedisErrors.Classify(error) switch
        {
            FaultKind.Authentication => new RedisMessagingConfigurationException(
                $"Redis refused the password of user '{user ?? "default"}': check user and password in the connection "
                + $"(user=…,password=…), and that the user exists and is on (ACL GETUSER {user ?? "default"}). Redis said: "
                + $"{Innermost(error)}",
                error),
            FaultKind.NoPermission => new RedisMessagingConfigurationException(
                $"Redis lets user '{user ?? "default"}' in, but refuses it a right: {BoundedText.MessageOf(error)}. "
                + $"{AclAdvice.For(BoundedText.MessageOf(error), user ?? "default", "*", "*")}",
                error),
            _ => null,
        };
    }

    private static string Innermost(Exception error)
    {
        while (error.InnerException is { } inner)
        {
            error = inner;
        }

        return BoundedText.MessageOf(error);
    }

    private static T? Find<T>(Exception? error)
        where T : Exception
    {
        for (; error is not null; error = error.InnerException)
        {
            if (error is T found)
            {
                return found;
            }
        }

        return null;
    }
}
