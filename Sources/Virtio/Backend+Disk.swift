internal import SystemPackage

/// Requests to a disk (virtio 1.2, 5.2.6).
extension Backend {
    private enum Request {
        static let read: UInt32 = 0
        static let write: UInt32 = 1
        static let flush: UInt32 = 4
        static let identify: UInt32 = 8
    }

    private enum Status {
        static let done: UInt8 = 0
        static let failed: UInt8 = 1
        static let unsupported: UInt8 = 2
    }

    /// Type, reserved, sector.
    private static let requestHeader = 16
    /// Bytes of the answer to `identify`.
    private static let nameLength = 20

    /// Serves the requests in the queue.
    func serve(_ disk: DiskImage, _ index: Int) throws(VirtqueueError) {
        try drain(index) { chain in
            let answer = answer(chain, disk)
            write(answer[...], chain)
            return answer.count
        }
    }

    /// What fills the chain's writable part: the data, for a read, and the status in the last byte. An invalid request fails
    /// and has no effect.
    private func answer(_ chain: DescriptorChain, _ disk: DiskImage) -> [UInt8] {
        let room = chain.writableBytes - 1
        guard room >= 0 else { return [] }
        var bytes: [UInt8] = []
        for part in chain.readable { memory.read(part, into: &bytes) }
        func answer(_ status: UInt8, _ data: [UInt8] = []) -> [UInt8] {
            data + [UInt8](repeating: 0, count: room - data.count) + [status]
        }
        guard bytes.count >= Self.requestHeader else { return answer(Status.failed) }
        let sector = UInt64(littleEndian: bytes.native(UInt64.self, at: 8))
        do throws(Errno) {
            switch UInt32(littleEndian: bytes.native(UInt32.self, at: 0)) {
            case Request.read:
                guard room % DiskImage.sectorSize == 0, disk.holds(room, at: sector) else { break }
                return answer(Status.done, try disk.read(room, at: sector))
            case Request.write:
                bytes.removeFirst(Self.requestHeader)
                guard !disk.isReadOnly, bytes.count % DiskImage.sectorSize == 0,
                    disk.holds(bytes.count, at: sector)
                else { break }
                try disk.write(bytes, at: sector)
                return answer(Status.done)
            case Request.flush:
                // What was written is in the file.
                return answer(Status.done)
            case Request.identify:
                return answer(Status.done, Array("almanac".utf8.prefix(min(room, Self.nameLength))))
            default:
                return answer(Status.unsupported)
            }
        } catch {
            return answer(Status.failed)
        }
        return answer(Status.failed)
    }
}
