using System.Runtime.InteropServices;

namespace RedisMessaging.Testing;

/// <summary>Freezes a process and lets it go on: to the others it is there, and says nothing. Or asks it to end.</summary>
public static partial class ProcessSignal
{
    private const int SigTerm = 15;
    private const int SigInt = 2;
    private const int SigCont = 18;
    private const int SigStop = 19;
    private const int SigStopOnMac = 17;
    private const int SigContOnMac = 19;

    /// <summary><c>SIGSTOP</c>.</summary>
    public static void Freeze(int processId) => Send(processId, OperatingSystem.IsMacOS() ? SigStopOnMac : SigStop);

    /// <summary><c>SIGCONT</c>.</summary>
    public static void Thaw(int processId) => Send(processId, OperatingSystem.IsMacOS() ? SigContOnMac : SigCont);

    /// <summary><c>SIGTERM</c>.</summary>
    public static void Terminate(int processId) => Send(processId, SigTerm);

    /// <summary><c>SIGINT</c>.</summary>
    public static void Interrupt(int processId) => Send(processId, SigInt);

    private static void Send(int processId, int signal)
    {
        if (Kill(processId, signal) != 0)
        {
            throw new InvalidOperationException($"Signal {signal} could not be sent to process {processId}: error {Marshal.GetLastPInvokeError()}.");
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);
}
