namespace RedisMessaging.Configuration.Settings.Types;

/// <summary>What a change of the configuration does to what runs.</summary>
internal enum SettingReload
{
    /// <summary>Nothing, until the process starts again.</summary>
    AtRestart,

    /// <summary>It is used from the next message on.</summary>
    AtOnce,

    /// <summary>The same, save for a consumer that has batch handlers.</summary>
    AtOnceWithoutBatches,
}
