namespace LogCollector;

/// <summary>The command line says something that is not there. The text is for whoever typed it.</summary>
internal sealed class UsageException(string message) : Exception(message);
