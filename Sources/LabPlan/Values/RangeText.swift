/// Two values and what lies between: `20s..60s`; or one: `20s`.
package enum RangeText {
    package static func parse<Value: Comparable>(
        _ text: String, _ parse: (String) throws(TextError) -> Value
    ) throws(TextError) -> ClosedRange<Value> {
        // `1.5s..2s`: a unit stands before the two dots, so the first two neighbours are they.
        var lower = text[...]
        var upper: Substring?
        var index = text.startIndex
        while index < text.endIndex {
            let next = text.index(after: index)
            if text[index] == ".", next < text.endIndex, text[next] == "." {
                lower = text[..<index]
                upper = text[text.index(after: next)...]
                break
            }
            index = next
        }
        let first = try parse(String(lower))
        guard let upper else { return first...first }
        let last = try parse(String(upper))
        guard first <= last else {
            throw TextError("\(quoted(text)) goes down: the smaller one stands first")
        }
        return first...last
    }
}
