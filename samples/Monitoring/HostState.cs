namespace Monitoring;

internal enum HostState
{
    Live,
    Silent,
    Gone,
}
