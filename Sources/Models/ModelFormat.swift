/// Numbers in the output of models.
enum ModelFormat {
    /// Milliseconds with all six places: nothing is rounded.
    static func milliseconds(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let whole = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        return "\(whole / 1_000_000).\(padded(UInt64(whole % 1_000_000), 6))"
    }

    /// Up to three places, without zeros at the end.
    static func decimal(_ value: Double) -> String {
        let thousandths = Int64((value * 1000).rounded())
        guard thousandths % 1000 != 0 else { return "\(thousandths / 1000)" }
        var text = "\(thousandths / 1000).\(padded(UInt64(thousandths % 1000), 3))"
        while text.hasSuffix("0") { text.removeLast() }
        return text
    }

    private static func padded(_ number: UInt64, _ digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
