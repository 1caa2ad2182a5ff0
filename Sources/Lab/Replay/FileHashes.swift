internal import Foundation
internal import Posix
internal import SystemPackage
internal import Trace

/// Hashes of the host's files. Those of earlier runs are kept in the user's cache folder, so that a file is read again only when
/// its path, size, times, inode or device are other ones.
struct FileHashes {
    /// Most hashes that are kept; then the file begins again with those of one run. 128 KiB.
    static let most = 1 << 13
    /// Longest file that is hashed, bytes.
    static let longestFile: UInt64 = 256 << 20
    /// Most bytes that one run reads for hashes; later runs read the rest.
    static let mostBytes: UInt64 = 1 << 30
    /// A file that changed so recently may change again within the resolution of its times, ns: its hash is not kept.
    static let leastAge: Int64 = 2_000_000_000

    private static let pieceLength = 1 << 20
    private static let pairLength = 16

    /// Nil: nothing is kept.
    private let path: String?
    /// By `key`.
    private var kept: [UInt64: UInt64] = [:]
    /// There is no such file yet, or one that can be appended to.
    private var isAppendable = false
    private var used: [UInt64: UInt64] = [:]
    private var new: [UInt64: UInt64] = [:]
    private var bytesLeft = Self.mostBytes

    /// - Parameter path: where hashes are kept; nil for nowhere.
    init(keptIn path: String?) {
        self.path = path
        guard let path else { return }
        guard let data = FileManager.default.contents(atPath: path) else {
            isAppendable = true
            return
        }
        guard data.count % Self.pairLength == 0, data.count / Self.pairLength <= Self.most else { return }
        isAppendable = true
        kept.reserveCapacity(data.count / Self.pairLength)
        let bytes = Array(data)
        for place in stride(from: 0, to: bytes.count, by: Self.pairLength) {
            kept[Self.word(bytes, place)] = Self.word(bytes, place + 8)
        }
    }

    /// The hash of a file's contents; nil when it is too long or cannot be read, or when the run has read enough.
    ///
    /// - Parameter status: the file's, from just now.
    mutating func hash(of path: String, _ status: FileStatus) -> UInt64? {
        let key = Self.key(path, status)
        if let hash = kept[key] ?? new[key] {
            used[key] = hash
            return hash
        }
        guard status.size <= min(Self.longestFile, bytesLeft), let hash = Self.hash(ofFile: path) else {
            return nil
        }
        bytesLeft -= status.size
        let now = Int64(Date().timeIntervalSince1970 * 1e9)
        if now - status.changed >= Self.leastAge {
            new[key] = hash
            used[key] = hash
        }
        return hash
    }

    /// Keeps new hashes. What cannot be written is computed again by the next run.
    func save() {
        guard let path, !new.isEmpty else { return }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        // A user without a cache folder, whose runs have their kernel elsewhere, gets none.
        guard FileManager.default.fileExists(atPath: folder.path) else { return }
        if isAppendable, kept.count + new.count <= Self.most {
            // One call: the hashes of runs that end at the same time do not mix.
            if let file = try? Posix.open(path, [.writeOnly, .create, .append]) {
                try? file.writeAll(Self.bytes(new))
            }
        } else {
            let pairs = Self.bytes(used).prefix(Self.most * Self.pairLength)
            try? Data(pairs).write(to: URL(fileURLWithPath: path), options: .atomic)
        }
    }

    /// The hash of a file that is read to its end, which may be long; nil when it cannot be read.
    static func hash(ofFile path: String) -> UInt64? {
        guard let file = try? Posix.open(path, .readOnly) else { return nil }
        var hash = TraceHash()
        var offset: UInt64 = 0
        while true {
            guard let piece = try? file.readUpTo(pieceLength, at: offset) else { return nil }
            hash.add(piece)
            offset += UInt64(piece.count)
            if piece.count < pieceLength { return hash.value }
        }
    }

    private static func key(_ path: String, _ status: FileStatus) -> UInt64 {
        var hash = TraceHash()
        hash.add(Array(path.utf8))
        hash.add(status.size)
        hash.add(UInt64(bitPattern: status.modified))
        hash.add(UInt64(bitPattern: status.changed))
        hash.add(status.inode)
        hash.add(status.device)
        return hash.value
    }

    private static func bytes(_ pairs: [UInt64: UInt64]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(pairs.count * pairLength)
        for (key, hash) in pairs {
            for place in 0..<pairLength {
                bytes.append(UInt8(truncatingIfNeeded: (place < 8 ? key : hash) >> UInt64(place % 8 * 8)))
            }
        }
        return bytes
    }

    /// Little-endian.
    private static func word(_ bytes: [UInt8], _ place: Int) -> UInt64 {
        // Within the bytes: the load is checked.
        unsafe bytes.withUnsafeBytes {
            unsafe UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: place, as: UInt64.self))
        }
    }
}
