/// Users, folders and host names as text: of a lab file, or of an image.
package enum SoftwareText {
    package static func user(_ text: String) throws(TextError) -> String {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let areNames = parts.allSatisfy { part in
            !part.isEmpty && !part.hasPrefix("-")
                && part.utf8.allSatisfy { Self.isNameByte($0) || $0 == UInt8(ascii: "_") }
        }
        guard areNames, parts.count <= 2, text.utf8.count <= 200 else {
            throw TextError("\(quoted(text)) is not a user: write NAME, NAME:GROUP, or numbers")
        }
        return text
    }

    package static func folder(_ text: String) throws(TextError) -> String {
        guard text.hasPrefix("/"), !text.utf8.contains(0), !text.split(separator: "/").contains("..") else {
            throw TextError("\(quoted(text)) is not an absolute path of a folder")
        }
        return text
    }

    static func hostName(_ text: String) throws(TextError) -> String {
        let isName = text.utf8.allSatisfy(Self.isNameByte)
        guard isName, !text.isEmpty, text.utf8.count <= 64, !text.hasPrefix("-"), !text.hasPrefix("."),
            !text.hasSuffix("-")
        else {
            throw TextError(
                "\(quoted(text)) is not a host name: letters, digits, inner hyphens and dots, at most 64")
        }
        return text
    }

    static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
