internal import ReportPage

/// The page of a run's timeline: one HTML file that loads nothing. Its sources are in Sources/ReportPage; the build
/// embeds them in the program.
///
/// Text that was written by a guest or a lab file reaches the document only as text nodes, canvas text, or the escaped title.
enum TimelinePage {
    /// - Parameters:
    ///   - title: any text.
    ///   - data: JSON in which no `<` is left.
    static func html(title: String, data: String) -> String {
        precondition(!data.utf8.contains(UInt8(ascii: "<")), "data must not be able to end its element")
        let (start, afterTitle) = split(document, at: "{{title}}")
        let (head, afterStyle) = split(afterTitle, at: "{{style}}")
        let (body, afterData) = split(afterStyle, at: "{{data}}")
        let (middle, tail) = split(afterData, at: "{{script}}")
        return "\(start)\(escaped(title))\(head)\(style)\(body)\(data)\(middle)\(script)\(tail)"
    }

    // What ReportPage returns is NUL-terminated and in the program's read-only data.
    static var document: String { unsafe String(cString: report_page_document()) }

    static var style: String { trimmed(unsafe String(cString: report_page_style())) }

    /// The modules in one function: the names that they declare are unique, which `tools/lint-page` checks.
    static let script: String = {
        let modules = (0..<report_page_module_count()).map { index in
            joinable(unsafe String(cString: report_page_module(index)))
        }
        return trimmed(modules.joined(separator: "\n"))
    }()

    /// A module without its `import` statements and without the word `export`.
    private static func joinable(_ module: String) -> String {
        var result = ""
        var isInImport = false
        for line in module.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("import ") { isInImport = true }
            if isInImport {
                isInImport = !line.hasSuffix(";")
            } else {
                result += line.hasPrefix("export ") ? line.dropFirst("export ".count) : line
                result += "\n"
            }
        }
        return result
    }

    private static func split(_ text: String, at mark: String) -> (String, String) {
        guard let place = text.firstRange(of: mark) else { preconditionFailure("the page has no \(mark)") }
        return (String(text[..<place.lowerBound]), String(text[place.upperBound...]))
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }

    private static func trimmed(_ text: String) -> String {
        text.hasSuffix("\n") ? String(text.dropLast()) : text
    }
}
