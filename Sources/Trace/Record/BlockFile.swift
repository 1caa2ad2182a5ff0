internal import Posix
internal import SystemPackage

/// A trace's file: records are collected in a block, which is compressed when it is complete. What is written depends only on the
/// records, whenever the open block is handed to the system. A failure is kept as the reason instead of thrown: nobody on the way
/// of a frame or a turn could act on it.
struct BlockFile: ~Copyable {
    private let file: Descriptor
    /// Where the open block begins in the file.
    private var place: UInt64
    /// The end of the file.
    private var end: UInt64
    /// Records of the open block, each whole.
    var records: [UInt8] = []
    /// Bytes of the open block that the system has.
    private var written = 0
    /// Why nothing more is written: the disk is full, for example.
    private(set) var failure: Errno?

    /// Begins a file at `path`, which is replaced.
    init(path: String, header: [UInt8]) throws(Errno) {
        file = try Posix.open(path, [.writeOnly, .create, .truncate])
        place = UInt64(header.count)
        end = place
        records.reserveCapacity(TraceFormat.Block.size + TraceFormat.textLimit + 64)
        write(header, at: 0)
    }

    /// A record is complete: ends the block if it has enough.
    @inline(__always)
    mutating func endRecord() {
        if records.count >= TraceFormat.Block.size { endBlock() }
    }

    /// Compresses the open block and begins the next.
    mutating func endBlock() {
        defer {
            records.removeAll(keepingCapacity: true)
            written = 0
        }
        guard failure == nil, !records.isEmpty else { return }
        let block = Self.header(.compressed, records, Compression.compress(records))
        let next = place + UInt64(block.count)
        // Who reads at the same time stops at `rest` until the file is shortened.
        write(end > next ? block + [TraceFormat.Block.rest.rawValue] : block, at: place)
        if end > next { shorten(to: next) }
        place = next
        end = next
    }

    /// Hands the open block to the system: from then on it survives this process.
    mutating func sync() {
        guard failure == nil, records.count > written else { return }
        write(Self.header(.open, records, records), at: place)
        written = records.count
    }

    private static func header(_ kind: TraceFormat.Block, _ records: [UInt8], _ contents: [UInt8]) -> [UInt8]
    {
        var bytes = [kind.rawValue]
        bytes.reserveCapacity(TraceFormat.Block.headerSize + contents.count + 1)
        for number in [UInt32(records.count), UInt32(contents.count), Compression.checksum(records)] {
            for shift in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: number >> UInt32(shift))) }
        }
        return bytes + contents
    }

    private mutating func write(_ bytes: [UInt8], at offset: UInt64) {
        do throws(Errno) {
            try file.write(bytes, at: offset)
            end = max(end, offset + UInt64(bytes.count))
        } catch {
            failure = error
        }
    }

    private mutating func shorten(to size: UInt64) {
        do throws(Errno) { try file.resize(to: size) } catch { failure = error }
    }
}
