/// Which files of the host a run has read, as it is noted while the run goes on: by each kernel's process for its guest
/// (Kernel/files.c), and by the run for files that the lab file names. One file of the run folder, to which all append.
struct HostFileLog: Hashable {
    /// A file as it was when it was opened.
    struct Entry: Hashable {
        let path: String
        /// Bytes.
        let size: UInt64
        /// Modification time, ns since 1970.
        let modified: Int64
    }

    /// Each file as it was first opened, in the order of the log.
    private(set) var entries: [Entry] = []
    /// Files that were opened again later, and were others then.
    private(set) var changing: Set<String> = []
    /// A machine opened more files than its kernel's process notes.
    private(set) var isIncomplete = false

    /// Two numbers of 16 hexadecimal digits.
    private static let headLength = 32

    /// A record: size and modification time as 16 hexadecimal digits each, then the path, which a zero ends.
    static func record(_ entry: Entry) -> [UInt8] {
        func digits(_ number: UInt64) -> String {
            let digits = String(number, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        return Array(
            (digits(entry.size) + digits(UInt64(bitPattern: entry.modified)) + entry.path + "\0").utf8)
    }

    /// Reads a log. What is no record, such as the last part of one that was not written to its end, is left out.
    init(_ bytes: [UInt8]) {
        var known: [String: Entry] = [:]
        for record in bytes.split(separator: 0, omittingEmptySubsequences: true) {
            guard let size = Self.number(record.prefix(16)),
                let modified = Self.number(record.dropFirst(16).prefix(16))
            else { continue }
            let path = record.dropFirst(Self.headLength)
            guard let first = path.first else {
                isIncomplete = true
                continue
            }
            // JSON holds no other names than those in UTF-8.
            guard first == UInt8(ascii: "/"), let name = String(validating: path, as: UTF8.self) else {
                continue
            }
            let entry = Entry(path: name, size: size, modified: Int64(bitPattern: modified))
            if let earlier = known.updateValue(known[entry.path] ?? entry, forKey: entry.path) {
                if earlier != entry { changing.insert(entry.path) }
            } else {
                entries.append(entry)
            }
        }
    }

    /// 16 hexadecimal digits.
    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        guard digits.count == 16 else { return nil }
        var number: UInt64 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt64(digit - 48)
            case UInt8(ascii: "a")...UInt8(ascii: "f"): number = number << 4 | UInt64(digit - 87)
            default: return nil
            }
        }
        return number
    }
}
