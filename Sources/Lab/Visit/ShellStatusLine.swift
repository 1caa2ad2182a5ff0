/// The last line of a terminal, which shows the simulated time; what a program writes scrolls above it.
package struct ShellStatusLine {
    private var size: TerminalSize
    private var text = ""
    private var scanner = EscapeScanner()

    package init(_ size: TerminalSize) { self.size = size }

    /// What the program above it has.
    package var rest: TerminalSize { TerminalSize(rows: size.rows - 1, columns: size.columns) }

    /// The program's lines scroll above the last one, which shows the text.
    package func begin() -> [UInt8] {
        // Make room for the line, then keep scrolling above it (ECMA-48 8.3.74 IND, DEC STD 070 DECSTBM).
        Array("\n\u{1b}[A\(region)".utf8) + draw()
    }

    package func end() -> [UInt8] { Array("\u{1b}7\u{1b}[r\u{1b}[\(size.rows);1H\u{1b}[K\u{1b}8".utf8) }

    package mutating func resize(_ size: TerminalSize) -> [UInt8] {
        self.size = size
        return Array(region.utf8) + draw()
    }

    /// The bytes that show another text; none where a program is in the middle of an escape sequence, or where nothing changes.
    package mutating func show(_ text: String) -> [UInt8] {
        guard text != self.text else { return [] }
        self.text = text
        return scanner.isInText ? draw() : []
    }

    /// What a program writes, with the line kept below it.
    package mutating func pass(_ bytes: [UInt8]) -> [UInt8] {
        let hasReset = scanner.scan(bytes)
        guard scanner.isInText else { return bytes }
        return bytes + (hasReset ? Array(region.utf8) : []) + (hasReset || scanner.hasErased ? draw() : [])
    }

    /// Makes all but the last line scroll.
    private var region: String { "\u{1b}7\u{1b}[1;\(size.rows - 1)r\u{1b}8" }

    private func draw() -> [UInt8] {
        let line = text.prefix(Int(size.columns) - 1)
        return Array("\u{1b}7\u{1b}[\(size.rows);1H\u{1b}[0;7m\(line)\u{1b}[0m\u{1b}[K\u{1b}8".utf8)
    }
}

/// Follows what a program writes to its terminal, as far as a status line must know it.
struct EscapeScanner {
    private enum State {
        case text
        case escape
        /// After `ESC [`.
        case control
        /// A string that ends with BEL or `ESC \`.
        case string
        case stringEscape
    }

    private var state = State.text
    private var parameters: [UInt8] = []
    /// The last bytes that were scanned may have erased the last line.
    private(set) var hasErased = false

    /// No escape sequence is unfinished.
    var isInText: Bool { state == .text }

    /// - Returns: the scrolling region may be another now.
    mutating func scan(_ bytes: [UInt8]) -> Bool {
        var hasReset = false
        hasErased = false
        for byte in bytes {
            switch (state, byte) {
            case (.text, 0x1b): state = .escape
            case (.text, _): break
            case (.escape, UInt8(ascii: "[")):
                state = .control
                parameters = []
            case (.escape, UInt8(ascii: "]")), (.escape, UInt8(ascii: "P")), (.escape, UInt8(ascii: "_")),
                (.escape, UInt8(ascii: "^")):
                state = .string
            case (.escape, UInt8(ascii: "c")):
                hasReset = true
                state = .text
            // Intermediate bytes, as in `ESC ( B`.
            case (.escape, 0x20...0x2f): break
            case (.escape, _): state = .text
            case (.control, 0x40...0x7e):
                let isPrivate = parameters.first == UInt8(ascii: "?")
                if byte == UInt8(ascii: "J") { hasErased = true }
                if byte == UInt8(ascii: "r"), !isPrivate { hasReset = true }
                // The other screen, as editors use it.
                if isPrivate, byte == UInt8(ascii: "h") || byte == UInt8(ascii: "l") { hasReset = true }
                if byte == UInt8(ascii: "p"), parameters == [UInt8(ascii: "!")] { hasReset = true }
                state = .text
            case (.control, _): if parameters.count < 16 { parameters.append(byte) }
            case (.string, 0x07): state = .text
            case (.string, 0x1b): state = .stringEscape
            case (.string, _): break
            case (.stringEscape, _): state = byte == UInt8(ascii: "\\") ? .text : .string
            }
        }
        return hasReset
    }
}
