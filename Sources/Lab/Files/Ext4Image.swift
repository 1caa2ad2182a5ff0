internal import Posix
internal import SystemPackage

/// Reads an ext4 file system in a file, without mounting it.
///
/// The machine whose disk it was may have written anything to it, so nothing in it is trusted: every number is checked, and every
/// walk has a limit. Only what `mke2fs -t ext4` makes is understood. Layout: Documentation/filesystems/ext4 of the Linux kernel.
final class Ext4Image {
    /// Why something cannot be read.
    struct Failure: Error, CustomStringConvertible {
        let description: String

        init(_ description: String) { self.description = description }
    }

    /// Number of the root's inode.
    static let root: UInt32 = 2
    private static let superblock: UInt64 = 1024
    /// Features that change how files are found, and are understood: types in folders, journal to replay, extents, 64 bits, flexible
    /// groups, checksum seed, large folders.
    private static let knownFeatures: UInt32 = 0x2 | 0x4 | 0x40 | 0x80 | 0x200 | 0x2000 | 0x4000
    private static let journalToReplay: UInt32 = 0x4
    private static let wide: UInt32 = 0x80
    /// Far more than any disk of a machine has: offsets fit 63 bits.
    private static let mostBlocks: UInt64 = 1 << 40

    private let file: Descriptor
    private let blockSize: UInt64
    private let blocks: UInt64
    private let inodes: UInt32
    private let inodesPerGroup: UInt32
    private let inodeSize: UInt64
    private let groupTable: UInt64
    private let groupSize: UInt64
    /// It was unmounted, or its journal was replayed, since it was written.
    let isClean: Bool

    init(path: String) throws(Failure) {
        let head: Record
        do throws(Errno) {
            file = try Posix.open(path, .readOnly)
            head = Record(try file.read(1024, at: Self.superblock))
        } catch {
            throw Failure("cannot read \(path): \(error)")
        }
        guard head.u16(0x38) == 0xef53 else { throw Failure("\(path) has no ext4 file system") }
        let features = head.u32(0x60)
        let block = head.u32(0x18)
        let perGroup = head.u32(0x28)
        let size = head.u16(0x58)
        let isWide = features & Self.wide != 0
        guard features & ~Self.knownFeatures == 0, block <= 6, perGroup > 0, size >= 128, size <= 4096 else {
            throw Failure("\(path) has an ext4 file system that almanac cannot read")
        }
        blockSize = 1024 << UInt64(block)
        blocks = UInt64(head.u32(0x4)) | (isWide ? UInt64(head.u32(0x150)) << 32 : 0)
        guard blocks <= Self.mostBlocks else { throw Failure("\(path) has more blocks than its size") }
        inodes = head.u32(0)
        inodesPerGroup = perGroup
        inodeSize = UInt64(size)
        groupTable = (UInt64(head.u32(0x14)) + 1) * blockSize
        groupSize = isWide ? max(UInt64(head.u16(0xfe)), 64) : 32
        isClean = head.u16(0x3a) & 1 != 0 && features & Self.journalToReplay == 0
    }

    /// Reads an inode.
    func inode(_ number: UInt32) throws(Failure) -> Ext4Inode {
        guard number >= 1, number <= inodes else { throw Failure("a folder names no inode: \(number)") }
        let group = UInt64((number - 1) / inodesPerGroup)
        let descriptor = Record(try read(Int(groupSize), at: groupTable + group * groupSize))
        let table =
            UInt64(descriptor.u32(0x8)) | (groupSize >= 64 ? UInt64(descriptor.u32(0x28)) << 32 : 0)
        guard table < blocks else { throw Failure("inode \(number) is on no block of the disk") }
        let place = table * blockSize + UInt64((number - 1) % inodesPerGroup) * inodeSize
        return Ext4Inode(number, Record(try read(Int(inodeSize), at: place)))
    }

    /// Gives the bytes of an inode in pieces, in order; holes as zeros. At most `limit` bytes.
    func read(
        _ inode: Ext4Inode, limit: UInt64 = .max, _ body: ([UInt8]) throws(Failure) -> Bool
    ) throws(Failure) {
        let length = min(inode.size, limit)
        var offset: UInt64 = 0
        for extent in try extents(of: inode) where extent.logical * blockSize < length {
            let start = extent.logical * blockSize
            guard start >= offset else { throw Failure("the blocks of inode \(inode.number) overlap") }
            guard try zeros(from: &offset, to: start, body) else { return }
            let end = min(length, start + extent.count * blockSize)
            while offset < end {
                let count = min(end - offset, Self.piece)
                let bytes = try read(Int(count), at: extent.physical * blockSize + (offset - start))
                offset += count
                guard try body(bytes) else { return }
            }
        }
        _ = try zeros(from: &offset, to: length, body)
    }

    /// Bytes of a piece.
    private static let piece: UInt64 = 256 * 1024

    private func zeros(
        from offset: inout UInt64, to end: UInt64, _ body: ([UInt8]) throws(Failure) -> Bool
    ) throws(Failure) -> Bool {
        while offset < end {
            let count = min(end - offset, Self.piece)
            offset += count
            guard try body([UInt8](repeating: 0, count: Int(count))) else { return false }
        }
        return true
    }

    // MARK: Extents

    private struct Extent {
        let logical: UInt64
        let physical: UInt64
        let count: UInt64
    }

    /// Most extents of a file, and most blocks of their tree.
    private static let mostExtents = 1 << 20
    private static let mostNodes = 1 << 14

    private func extents(of inode: Ext4Inode) throws(Failure) -> [Extent] {
        guard inode.hasExtents else {
            guard inode.size == 0 else {
                throw Failure("inode \(inode.number) has no extents: almanac cannot read it")
            }
            return []
        }
        var found: [Extent] = []
        var nodes = 0
        try addExtents(of: inode.block, depth: nil, to: &found, &nodes)
        return found
    }

    private func addExtents(of node: Record, depth: UInt16?, to found: inout [Extent], _ nodes: inout Int)
        throws(Failure)
    {
        nodes += 1
        let own = node.u16(6)
        guard node.u16(0) == 0xf30a, own <= 5, depth == nil || own == depth, nodes <= Self.mostNodes,
            12 + 12 * Int(node.u16(2)) <= node.count
        else { throw Failure("a file's extents are damaged") }
        for index in 0..<Int(node.u16(2)) {
            let place = 12 + 12 * index
            guard own > 0 else {
                let count = UInt64(node.u16(place + 4))
                let physical = UInt64(node.u16(place + 6)) << 32 | UInt64(node.u32(place + 8))
                // More than 32768: reserved and never written, so zeros.
                guard count <= 32768 else { continue }
                guard physical + count <= blocks, found.count < Self.mostExtents else {
                    throw Failure("a file's extents are not on the disk")
                }
                found.append(
                    Extent(logical: UInt64(node.u32(place)), physical: physical, count: count))
                continue
            }
            let block = UInt64(node.u16(place + 8)) << 32 | UInt64(node.u32(place + 4))
            guard block < blocks else { throw Failure("a file's extents are not on the disk") }
            let inner = Record(try read(Int(blockSize), at: block * blockSize))
            try addExtents(of: inner, depth: own - 1, to: &found, &nodes)
        }
    }

    private func read(_ count: Int, at offset: UInt64) throws(Failure) -> [UInt8] {
        do throws(Errno) {
            return try file.read(count, at: offset)
        } catch {
            throw Failure("cannot read the disk: \(error)")
        }
    }
}

/// Little-endian numbers in bytes; beyond their end is zero.
struct Record {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var count: Int { bytes.count }

    func u8(_ offset: Int) -> UInt8 { bytes.indices.contains(offset) ? bytes[offset] : 0 }
    func u16(_ offset: Int) -> UInt16 { UInt16(u8(offset)) | UInt16(u8(offset + 1)) << 8 }
    func u32(_ offset: Int) -> UInt32 { UInt32(u16(offset)) | UInt32(u16(offset + 2)) << 16 }
}

/// A file, folder or link on an ext4 disk.
struct Ext4Inode {
    enum Kind {
        case file
        case folder
        case link
        /// The overlay's mark of a deleted file: a character device with the number 0.
        case whiteout
        case other
    }

    let number: UInt32
    let kind: Kind
    let mode: UInt32
    let size: UInt64
    /// When it was changed, ns since the epoch.
    let changed: Int64
    let hasExtents: Bool
    /// Where its content is; of a short link, the target.
    let block: Record

    init(_ number: UInt32, _ record: Record) {
        self.number = number
        mode = UInt32(record.u16(0))
        block = Record(Array(record.bytes[0x28..<0x64]))
        size = UInt64(record.u32(0x4)) | UInt64(record.u32(0x6c)) << 32
        hasExtents = record.u32(0x20) & 0x80000 != 0
        // Two bits more of the seconds, and nanoseconds.
        let extra = record.count > 0x8c ? record.u32(0x88) : 0
        let seconds = Int64(Int32(bitPattern: record.u32(0x10))) + Int64(extra & 3) << 32
        changed = seconds &* 1_000_000_000 &+ Int64(extra >> 2)
        switch mode & 0xf000 {
        case 0x8000: kind = .file
        case 0x4000: kind = .folder
        case 0xa000: kind = .link
        case 0x2000: kind = block.u32(0) == 0 && block.u32(4) == 0 ? .whiteout : .other
        default: kind = .other
        }
    }
}

extension Ext4Image {
    /// Longest folder, bytes.
    private static let longestFolder: UInt64 = 64 << 20

    /// The entries of a folder, sorted by name. What is no name of a file is left out.
    func entries(of folder: Ext4Inode) throws(Failure) -> [(name: FileName, inode: UInt32)] {
        guard folder.kind == .folder, folder.size <= Self.longestFolder else {
            throw Failure("inode \(folder.number) is no folder")
        }
        var bytes: [UInt8] = []
        try read(folder) { (piece) throws(Failure) in
            bytes += piece
            return true
        }
        let record = Record(bytes)
        var entries: [(name: FileName, inode: UInt32)] = []
        var place = 0
        while place + 8 <= bytes.count {
            let length = Int(record.u16(place + 4))
            let inode = record.u32(place)
            let end = place + 8 + Int(record.u8(place + 6))
            guard length >= 8, end <= bytes.count else { throw Failure("a folder is damaged") }
            if inode != 0, let name = FileName(bytes[(place + 8)..<end]) { entries.append((name, inode)) }
            place += length
        }
        return entries.sorted { $0.name.bytes.lexicographicallyPrecedes($1.name.bytes) }
    }

    /// The target of a symbolic link.
    func target(of link: Ext4Inode) throws(Failure) -> [UInt8] {
        if link.size < 60, !link.hasExtents { return Array(link.block.bytes.prefix(Int(link.size))) }
        var target: [UInt8] = []
        try read(link, limit: UInt64(GuestPath.longest)) { (piece) throws(Failure) in
            target += piece
            return true
        }
        return target
    }
}
