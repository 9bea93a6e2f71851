namespace RedisMessaging.Configuration.Settings.Types;

/// <summary>Something that configuration can set.</summary>
/// <param name="name">Its path below the bus or the topic.</param>
internal abstract class Setting(string name)
{
    public string Name { get; } = name;

    /// <summary>The name as code has it.</summary>
    public string CodeName => Name.Replace(':', '.');

    public bool IsNamed(string name) => Name.Equals(name, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a running consumer follows a change of it.</summary>
    public SettingReload Reload { get; init; }

    /// <summary>What the options have.</summary>
    public abstract object? Get(object options);

    /// <summary>Sets it as the configuration says.</summary>
    /// <param name="options">What has the setting.</param>
    /// <param name="value">What the configuration says.</param>
    /// <param name="subject">How the text of an error starts.</param>
    /// <exception cref="RedisMessagingConfigurationException">The text can't be read; the error names the path, the value and the
    /// fix.</exception>
    public abstract void Read(object options, ConfiguredValue value, string subject);
}
