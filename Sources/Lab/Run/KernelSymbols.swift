internal import Foundation
internal import Posix

/// The functions of a kernel's binary: which one an address is in. From the symbol table of a 64-bit ELF program (System V
/// ABI, "Sections" and "Symbol Table").
struct KernelSymbols: Sendable {
    private struct Function {
        var address: UInt64
        var size: UInt64
        /// Offset in `names`.
        var name: Int
    }

    /// By address.
    private var functions: [Function] = []
    private let names: [UInt8]
    /// Most bytes of a table that are read.
    private static let tableLimit: UInt64 = 64 << 20

    /// The names of a program's symbols; none when it has no table of them or cannot be read.
    struct Names {
        private var bytes: [UInt8] = []

        init(of program: String) {
            guard let file = FileHandle(forReadingAtPath: program), let tables = Tables(of: file) else {
                return
            }
            bytes = KernelSymbols.read(file, tables.names.offset, tables.names.size) ?? []
        }

        /// Whether a symbol has this name, or one that ends so: linkers store a name that is the end of another only once.
        func contain(_ name: String) -> Bool { Posix.contains(bytes, Array(name.utf8) + [0]) }
    }

    /// Reads a program's symbols; nil when it has none.
    init?(of program: String) {
        guard let file = FileHandle(forReadingAtPath: program), let tables = Tables(of: file),
            let symbols = Self.read(file, tables.symbols.offset, tables.symbols.size),
            let names = Self.read(file, tables.names.offset, tables.names.size)
        else { return nil }
        self.names = names
        for at in stride(from: 0, through: symbols.count - 24, by: 24) {
            // STT_FUNC with a size.
            let (name, length) = (Int(symbols.number(at, 4)), symbols.number(at + 16, 8))
            guard symbols[at + 4] & 0xf == 2, length > 0, name < names.count else { continue }
            functions.append(Function(address: symbols.number(at + 8, 8), size: length, name: name))
        }
        functions.sort { ($0.address, $0.name) < ($1.address, $1.name) }
        if functions.isEmpty { return nil }
    }

    /// Where a program's tables are in its file.
    private struct Tables {
        var symbols: (offset: UInt64, size: UInt64)
        var names: (offset: UInt64, size: UInt64)

        init?(of file: FileHandle) {
            guard let header = KernelSymbols.read(file, 0, 64),
                header.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1])
            else { return nil }
            // e_shoff, e_shentsize, e_shnum.
            let (place, size, count) = (header.number(40, 8), header.number(58, 2), header.number(60, 2))
            guard size >= 64, let sections = KernelSymbols.read(file, place, size &* count) else {
                return nil
            }
            /// sh_type, sh_offset, sh_size, sh_link.
            func section(_ index: UInt64) -> (type: UInt64, offset: UInt64, size: UInt64, link: UInt64)? {
                guard index < count else { return nil }
                let at = Int(index * size)
                return (
                    sections.number(at + 4, 4), sections.number(at + 24, 8), sections.number(at + 32, 8),
                    sections.number(at + 40, 4)
                )
            }
            // SHT_SYMTAB.
            guard let table = (0..<count).lazy.compactMap({ section($0) }).first(where: { $0.type == 2 }),
                let strings = section(table.link)
            else { return nil }
            symbols = (table.offset, table.size)
            names = (strings.offset, strings.size)
        }
    }

    /// The function that `address` is in and how far: `schedule+0x1f`. O(log functions).
    func name(of address: UInt64) -> String? {
        var (low, high) = (0, functions.count)
        while low < high {
            let middle = (low + high) / 2
            if functions[middle].address <= address { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return nil }
        let function = functions[low - 1]
        let offset = address - function.address
        guard offset < function.size else { return nil }
        let name = String(decoding: names[function.name...].prefix { $0 != 0 }, as: UTF8.self)
        return name + (offset == 0 ? "" : "+0x" + String(offset, radix: 16))
    }

    private static func read(_ file: FileHandle, _ offset: UInt64, _ count: UInt64) -> [UInt8]? {
        guard count <= tableLimit, (try? file.seek(toOffset: offset)) != nil,
            let data = try? file.read(upToCount: Int(count)), data.count == Int(count)
        else { return nil }
        return Array(data)
    }
}

extension [UInt8] {
    /// Little-endian, within the bytes.
    fileprivate func number(_ offset: Int, _ size: Int) -> UInt64 {
        (0..<size).reduce(0) { $0 | UInt64(self[offset + $1]) << UInt64(8 * $1) }
    }
}
