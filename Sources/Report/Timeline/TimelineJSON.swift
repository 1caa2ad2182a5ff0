/// Writes the page's data as JSON. `<` is escaped, so that no text ends the script element around it; numbers that a
/// double cannot hold exactly are strings.
struct TimelineJSON {
    private(set) var bytes: [UInt8] = []

    /// Doubles hold all integers up to this one.
    static let exactLimit: UInt64 = 1 << 53

    var text: String { String(decoding: bytes, as: UTF8.self) }

    private mutating func separate() {
        guard let last = bytes.last else { return }
        switch last {
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: ":"), UInt8(ascii: ","): return
        default: bytes.append(UInt8(ascii: ","))
        }
    }

    private mutating func key(_ name: StaticString) {
        separate()
        bytes += "\"\(name)\":".utf8
    }

    /// An object as the document or as an element.
    mutating func object(_ members: (inout TimelineJSON) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "{"))
        members(&self)
        bytes.append(UInt8(ascii: "}"))
    }

    mutating func object(_ name: StaticString, _ members: (inout TimelineJSON) -> Void) {
        key(name)
        object(members)
    }

    /// An array as an element.
    mutating func list(_ elements: (inout TimelineJSON) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "["))
        elements(&self)
        bytes.append(UInt8(ascii: "]"))
    }

    mutating func array(_ name: StaticString, _ elements: (inout TimelineJSON) -> Void) {
        key(name)
        list(elements)
    }

    mutating func field(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        key(name)
        Self.append(value, to: &bytes)
    }

    mutating func field(_ name: StaticString, _ value: UInt64?) {
        guard let value else { return }
        key(name)
        append(value)
    }

    mutating func field(_ name: StaticString, _ value: Bool) {
        key(name)
        bytes += (value ? "true" : "false").utf8
    }

    mutating func element(_ value: String) {
        separate()
        Self.append(value, to: &bytes)
    }

    mutating func element(_ value: UInt64) {
        separate()
        append(value)
    }

    /// Signed: indices where -1 is none.
    mutating func element(_ value: Int) {
        separate()
        bytes += String(value).utf8
    }

    /// A text, or null.
    mutating func element(_ value: String?) {
        if let value { element(value) } else { null() }
    }

    /// A row of numbers.
    mutating func row(_ values: [UInt64]) {
        list { json in for value in values { json.element(value) } }
    }

    /// A number, or null.
    mutating func element(_ value: UInt64?) {
        if let value { element(value) } else { null() }
    }

    private mutating func null() {
        separate()
        bytes += "null".utf8
    }

    /// Sorted instants, each as the ns since the one before.
    mutating func times(_ name: StaticString, _ times: some Sequence<UInt64>) {
        array(name) { json in
            var last: UInt64 = 0
            for time in times {
                precondition(time >= last, "times on the page are sorted")
                json.element(time - last)
                last = time
            }
        }
    }

    mutating func numbers(_ name: StaticString, _ values: some Sequence<UInt64>) {
        array(name) { json in for value in values { json.element(value) } }
    }

    mutating func indices(_ name: StaticString, _ values: some Sequence<Int>) {
        array(name) { json in for value in values { json.element(value) } }
    }

    mutating func texts(_ name: StaticString, _ values: some Sequence<String>) {
        array(name) { json in for value in values { json.element(value) } }
    }

    private mutating func append(_ value: UInt64) {
        if value < Self.exactLimit {
            bytes += String(value).utf8
        } else {
            bytes += "\"\(value)\"".utf8
        }
    }

    /// Bytes of a text in JSON, without its quotes.
    static func encodedBytes(_ text: String) -> Int {
        text.utf8.reduce(0) { $0 + width($1) }
    }

    private static func width(_ byte: UInt8) -> Int {
        switch byte {
        case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"), ..<0x20, 0x7f: 6
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): 2
        default: 1
        }
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch width(byte) {
            case 6:
                bytes += "\\u00".utf8
                bytes.append(digits[Int(byte >> 4)])
                bytes.append(digits[Int(byte & 15)])
            case 2:
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            default:
                bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
