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

    /// Does what waits in the queue.
    func serve(_ disk: DiskImage, _ index: Int) throws(VirtqueueError) {
        guard var queue = queues[index].queue else { return }
        defer { queues[index].queue = queue }
        repeat {
            while let chain = try queue.pop(memory) {
                let answer = answer(chain, disk)
                write(answer[...], chain)
                queue.push(chain, written: answer.count, memory)
            }
            queue.askForKicks(true, memory)
            // One may have become available before the driver saw that a kick is wanted.
        } while try queue.availableCount(memory) > 0
        if queue.needsInterrupt(memory) { wantInterrupt(index) }
    }

    /// What fills the chain's writable part: the data, if some is asked for, and in its last byte how it went. A request that
    /// makes no sense fails; nothing of it is done.
    private func answer(_ chain: DescriptorChain, _ disk: DiskImage) -> [UInt8] {
        let room = chain.writableBytes - 1
        guard room >= 0 else { return [] }
        var bytes: [UInt8] = []
        for place in chain.readable { memory.read(place, into: &bytes) }
        func answer(_ status: UInt8, _ data: [UInt8] = []) -> [UInt8] {
            data + [UInt8](repeating: 0, count: room - data.count) + [status]
        }
        guard bytes.count >= Self.requestHeader else { return answer(Status.failed) }
        let number = { (range: Range<Int>) in
            range.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64(bytes[$1]) }
        }
        let sector = number(8..<16)
        do throws(Errno) {
            switch UInt32(truncatingIfNeeded: number(0..<4)) {
            case Request.read:
                guard room % DiskImage.sectorSize == 0, disk.holds(room, at: sector) else { break }
                return answer(Status.done, try disk.read(room, at: sector))
            case Request.write:
                bytes.removeFirst(Self.requestHeader)
                guard bytes.count % DiskImage.sectorSize == 0, disk.holds(bytes.count, at: sector) else {
                    break
                }
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
