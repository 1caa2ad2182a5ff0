internal import Foundation

extension KernelStore {
    /// Most bytes of notes that are searched.
    private static let noteLimit: UInt64 = 1 << 20

    /// The GNU build ID of a 64-bit ELF program: what its linker made of its contents, the same for the same bytes; nil
    /// when it has none, or is something else (System V ABI, "Program Header" and "Note Section"; NT_GNU_BUILD_ID).
    package static func buildID(of program: String) -> String? {
        guard let file = FileHandle(forReadingAtPath: program), let header = read(file, at: 0, 64),
            Array(header[..<5]) == [0x7f, 0x45, 0x4c, 0x46, 2]
        else { return nil }
        // e_phoff, e_phentsize, e_phnum.
        let (table, size, count) = (number(header, 32, 8), number(header, 54, 2), number(header, 56, 2))
        guard size >= 56 else { return nil }
        for index in 0..<count {
            guard let entry = read(file, at: table &+ index * size, Int(size)) else { return nil }
            let isNote = number(entry, 0, 4) == 4
            let (place, length) = (number(entry, 8, 8), number(entry, 32, 8))
            guard isNote, length <= noteLimit, let notes = read(file, at: place, Int(length)) else {
                continue
            }
            if let found = buildID(in: notes) { return found }
        }
        return nil
    }

    private static func buildID(in notes: [UInt8]) -> String? {
        var place = 0
        while place + 12 <= notes.count {
            let (nameSize, size, type) = (
                Int(number(notes, place, 4)), Int(number(notes, place + 4, 4)), number(notes, place + 8, 4)
            )
            let description = place + 12 + (nameSize + 3) / 4 * 4
            guard description + size <= notes.count else { return nil }
            if type == 3, Array(notes[place + 12..<place + 12 + nameSize]) == Array("GNU\0".utf8) {
                return notes[description..<description + size].map { byte in
                    (byte < 16 ? "0" : "") + String(byte, radix: 16)
                }.joined()
            }
            place = description + (size + 3) / 4 * 4
        }
        return nil
    }

    private static func read(_ file: FileHandle, at offset: UInt64, _ count: Int) -> [UInt8]? {
        guard (try? file.seek(toOffset: offset)) != nil, let data = try? file.read(upToCount: count),
            data.count == count
        else { return nil }
        return Array(data)
    }

    /// Little-endian, within the bytes.
    private static func number(_ bytes: [UInt8], _ offset: Int, _ size: Int) -> UInt64 {
        (0..<size).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
    }
}
