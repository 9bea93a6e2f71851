namespace RedisMessaging.Configuration.Settings.Types;

/// <summary>A setting of one kind of options.</summary>
internal sealed class Setting<TOptions, TValue>(
    string name,
    SettingType<TValue> type,
    Func<TOptions, TValue> get,
    Action<TOptions, TValue> set) : Setting(name)
    where TOptions : class
{
    public override object? Get(object options) => get((TOptions)options);

    public override void Read(object options, ConfiguredValue value, string subject)
    {
        if (!type.TryRead(value.Text, out var read))
        {
            throw new RedisMessagingConfigurationException($"{subject}{value.Path} is {value.Show()}; {type.Explain(value.Text)}");
        }

        set((TOptions)options, read);
    }
}
