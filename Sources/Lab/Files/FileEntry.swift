/// A file, folder or link of a machine on its way to the host, or a piece of a file. The path is not checked yet.
package enum FileEntry: Hashable, Sendable {
    case folder(path: [UInt8], mode: UInt32, changed: Int64)
    /// Its content follows in pieces.
    case file(path: [UInt8], mode: UInt32, changed: Int64)
    case content([UInt8])
    case link(path: [UInt8], target: [UInt8])
    /// That was all.
    case end

    /// From a message of init (`Kernel/init/artifacts.c`): `u8` kind, `u32` mode, `i64` time of change in ns, `u32` length of the path,
    /// path, bytes.
    ///
    /// - Parameter integer: the little-endian number of so many bytes at an offset.
    init?(payload: [UInt8], integer: (_ offset: Int, _ count: Int) -> UInt64) {
        guard payload.count >= 17 else { return nil }
        let mode = UInt32(truncatingIfNeeded: integer(1, 4))
        let changed = Int64(bitPattern: integer(5, 8))
        let length = Int(integer(13, 4))
        guard length <= payload.count - 17 else { return nil }
        let path = Array(payload[17..<17 + length])
        let rest = Array(payload[(17 + length)...])
        switch payload[0] {
        case 1: self = .folder(path: path, mode: mode, changed: changed)
        case 2: self = .file(path: path, mode: mode, changed: changed)
        case 3: self = .content(rest)
        case 4: self = .link(path: path, target: rest)
        case 5: self = .end
        default: return nil
        }
    }
}
