/// A change of the lab file that an option of the command line makes, such as `--until 90s`.
package struct OptionSetting: Sendable {
    /// As the user typed it, for messages: `--until 90s`.
    package let option: String
    /// KEY=VALUE: `until=90s`.
    package let setting: String

    package init(option: String, setting: String) {
        self.option = option
        self.setting = setting
    }

    /// `--KEY VALUE`.
    package init(_ key: String, _ value: some CustomStringConvertible) {
        self.init(option: "--\(key) \(value)", setting: "\(key)=\(value)")
    }

    /// `--set KEY=VALUE`.
    init(set setting: String) { self.init(option: "--set \(Excerpt.of(setting))", setting: setting) }
}
