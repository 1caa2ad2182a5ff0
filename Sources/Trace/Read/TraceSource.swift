internal import Glibc
internal import Posix
internal import SystemPackage

/// The records of a trace's file, in pieces as they are in it. Works while the file grows.
struct TraceSource: ~Copyable {
    /// Bytes of a file without blocks that are read at once.
    private static let chunk = 1 << 20
    /// A block can be read while it is being written: how often it is read, and how long after it was, us.
    private static let attempts = 50
    private static let pause: UInt32 = 2000

    let path: String
    private let file: Descriptor
    private let hasBlocks: Bool
    /// A block that looks damaged may be one that is being written.
    private let mayBeWritten: Bool
    /// Where in the file the next block or piece begins.
    private(set) var place: UInt64
    /// Bytes of the open block there that were taken.
    private var taken = 0

    init(path: String, file: consuming Descriptor, hasBlocks: Bool, mayBeWritten: Bool, place: UInt64) {
        self.path = path
        self.file = file
        self.hasBlocks = hasBlocks
        self.mayBeWritten = mayBeWritten
        self.place = place
    }

    /// Bytes of the file that were read.
    var byteCount: Int { Int(place) + (taken > 0 ? TraceFormat.Block.headerSize + taken : 0) }

    /// The next records; nil at the end of the file. It may be called again when the file has grown.
    mutating func next() throws(TraceError) -> [UInt8]? {
        guard hasBlocks else {
            let bytes = try Self.read(file, Self.chunk, at: place, path)
            place += UInt64(bytes.count)
            return bytes.isEmpty ? nil : bytes
        }
        for attempt in 1...(mayBeWritten ? Self.attempts : 1) {
            if attempt > 1 { usleep(Self.pause) }
            switch try block() {
            case .records(let records): return records
            case .end: return nil
            case .changing: continue
            }
        }
        throw TraceError("\(path) is damaged in its block at byte \(place)", isDamage: true)
    }

    private enum Found {
        case records([UInt8])
        case end
        /// Being written, or damaged.
        case changing
    }

    private mutating func block() throws(TraceError) -> Found {
        let size = TraceFormat.Block.headerSize
        let header = try Self.read(file, size, at: place, path)
        guard let code = header.first else { return .end }
        guard let kind = TraceFormat.Block(rawValue: code) else { return .changing }
        guard kind != .rest, header.count == size else { return .end }
        func number(_ index: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(header[1 + 4 * index + $1]) << (8 * UInt32($1)) }
        }
        let (count, length) = (Int(number(0)), Int(number(1)))
        guard count <= TraceFormat.Block.limit, length <= TraceFormat.Block.limit else { return .changing }
        let contents = try Self.read(file, length, at: place + UInt64(size), path)
        if kind == .open { return open(contents, of: count, checksum: number(2)) }
        guard contents.count == length else { return .end }
        guard let records = Compression.uncompress(contents, count: count),
            Compression.checksum(records) == number(2), taken <= count
        else { return .changing }
        place += UInt64(size + length)
        defer { taken = 0 }
        return .records(Array(records[taken...]))
    }

    /// What an open block has more than before. If its writer died while it wrote, that is what it wrote.
    private mutating func open(_ contents: [UInt8], of count: Int, checksum: UInt32) -> Found {
        guard contents.count < count || Compression.checksum(contents) == checksum else { return .changing }
        guard contents.count > taken else { return .end }
        defer { taken = contents.count }
        return .records(Array(contents[taken...]))
    }

    /// Up to `count` bytes at `offset`: fewer at the end of the file.
    static func read(_ file: borrowing Descriptor, _ count: Int, at offset: UInt64, _ path: String)
        throws(TraceError) -> [UInt8]
    {
        do throws(Errno) {
            return try file.readUpTo(count, at: offset)
        } catch {
            throw TraceError("cannot read \(path): \(error)")
        }
    }
}
