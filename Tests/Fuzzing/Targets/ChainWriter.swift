internal import Network

/// Writes descriptor chains for a kind of device into a driver's memory.
struct ChainWriter {
    private let kind: QueueWorld.Kind
    private let memory: DriverMemory

    init(_ kind: QueueWorld.Kind, _ memory: DriverMemory) {
        self.kind = kind
        self.memory = memory
    }

    private struct Part {
        var address: UInt64
        var length: UInt32
        var flags: UInt16
    }

    /// Makes a chain and puts it into the available ring.
    func offer(_ queue: DriverQueue, _ index: Int, _ random: inout FuzzRandom) {
        var parts = parts(index, &random)
        if random.oneIn(12) { change(&parts, &random) }
        let first = UInt16(random.below(Int(queue.size)))
        let isIndirect = random.oneIn(3)
        if isIndirect || parts.count > Int(queue.size) {
            let table = 0x5000 + 16 * random.below(64)
            describe(parts, from: 0, of: UInt16.max, queue, table: table, &random)
            let length =
                random.oneIn(48) ? UInt32(truncatingIfNeeded: random.number()) : UInt32(16 * parts.count)
            queue.describe(
                first, address: DriverMemory.guestBase + UInt64(table), length: length,
                flags: DriverQueue.indirect | (random.oneIn(64) ? DriverQueue.next : 0))
        } else {
            describe(parts, from: first, of: queue.size, queue, table: nil, &random)
        }
        queue.offer(random.oneIn(96) ? UInt16(truncatingIfNeeded: random.number()) : first)
    }

    private func describe(
        _ parts: [Part], from first: UInt16, of size: UInt16, _ queue: DriverQueue, table: Int?,
        _ random: inout FuzzRandom
    ) {
        for (place, part) in parts.enumerated() {
            let next = (first &+ UInt16(place) &+ 1) % size
            let isLast = place == parts.count - 1
            var flags = part.flags | (isLast ? 0 : DriverQueue.next)
            if random.oneIn(96) { flags ^= random.pick([1, 2, 4, 8, 0x8000]) }
            queue.describe(
                (first &+ UInt16(place)) % size, address: part.address, length: part.length, flags: flags,
                next: random.oneIn(96) ? UInt16(truncatingIfNeeded: random.number()) : next, table: table)
        }
    }

    /// What a driver of the kind offers.
    private func parts(_ index: Int, _ random: inout FuzzRandom) -> [Part] {
        let place = DriverQueue.dataStart + 0x800 * random.below(16)
        func part(_ offset: Int, _ length: Int, _ flags: UInt16 = 0) -> Part {
            Part(
                address: DriverMemory.guestBase + UInt64(place + offset), length: UInt32(length), flags: flags
            )
        }
        switch (kind, index) {
        case (.network, 1):
            let length = frame(at: place, &random)
            return random.oneIn(2)
                ? [part(0, 12 + length)]
                : [part(0, 12), part(12, length / 2), part(12 + length / 2, length - length / 2)]
        case (.disk, _):
            let sectors = random.below(4)
            memory.store(
                UInt32(random.oneIn(10) ? truncating(&random) : random.pick([0, 1, 1, 4, 8])), at: place)
            memory.store(random.oneIn(10) ? random.number() : random.next() % 130, at: place + 8)
            let isWrite = memory.load(UInt32.self, at: place) == 1
            let data = part(16, 512 * sectors + (random.oneIn(12) ? 7 : 0), isWrite ? 0 : DriverQueue.write)
            return [part(0, 16), data, part(0x7ff, 1, DriverQueue.write)]
        case (.console, 1): return [part(0, 1 + random.below(512))]
        default: return [part(0, random.pick([1, 64, 1526, 2048, 4096]), DriverQueue.write)]
        }
    }

    private func truncating(_ random: inout FuzzRandom) -> UInt32 {
        UInt32(truncatingIfNeeded: random.number())
    }

    private func change(_ parts: inout [Part], _ random: inout FuzzRandom) {
        let place = random.below(parts.count)
        switch random.below(8) {
        case 0: parts[place].address = random.number()
        case 1: parts[place].address = DriverMemory.guestBase &+ random.number()
        case 2: parts[place].length = truncating(&random)
        case 3: parts[place].length = 0
        case 4: parts[place].flags ^= DriverQueue.write
        case 5: parts.swapAt(place, random.below(parts.count))
        case 6: parts += Array(repeating: parts[place], count: 1 + random.below(40))
        default: parts.remove(at: place)
        }
        if parts.isEmpty { parts = [Part(address: DriverMemory.guestBase, length: 0, flags: 0)] }
    }

    /// Stores where no driver stores: ring indices, flags, descriptors.
    func scribble(_ queue: DriverQueue, _ random: inout FuzzRandom) {
        switch random.below(6) {
        case 0: memory.store(UInt16(truncatingIfNeeded: random.number()), at: queue.available + 2)
        case 1: memory.store(UInt16(truncatingIfNeeded: random.number()), at: queue.available)
        case 2:
            memory.store(
                UInt16(truncatingIfNeeded: random.number()), at: queue.available + 4 + 2 * Int(queue.size))
        case 3: memory.store(UInt16(truncatingIfNeeded: random.number()), at: queue.used + 2)
        case 4: queue.offer(queue.availableIndex)
        default: memory.store(random.number(), at: 8 * random.below(DriverQueue.dataStart / 8))
        }
    }

    // MARK: Frames

    /// Stores a header and a frame; the frame's length.
    private func frame(at place: Int, _ random: inout FuzzRandom) -> Int {
        var header = [UInt8](repeating: 0, count: 12)
        var bytes = random.oneIn(2) ? Self.tcp(payload: random.below(600)) : Self.udp()
        if random.oneIn(3) {
            header[0] = 1
            header[1] = random.pick([0, 1, 1, 4, 0x81, 3, 0xff])
            (header[4], header[6], header[8]) = (random.pick([0, 48, 100, 255]), 34, random.pick([16, 6]))
            if random.oneIn(4) { random.mutate(&header) }
        }
        header = Array((header + [UInt8](repeating: 0, count: 12)).prefix(12))
        if random.oneIn(3) { random.mutate(&bytes) }
        bytes = Array(bytes.prefix(1500))
        memory.store(header + bytes, at: place)
        return bytes.count
    }

    /// A frame that stands for many, to be delivered.
    func segments(_ random: inout FuzzRandom) -> Frame? {
        var bytes = Self.tcp(payload: random.below(20_000))
        if random.oneIn(4) { random.mutate(&bytes) }
        let size = random.oneIn(4) ? Int(random.number() >> 1) : 48 + random.below(1400)
        return Frame(
            bytes,
            offload: .init(
                checksum: .init(start: 34, offset: 16),
                segments: .init(isIPv6: false, size: size, notifiesCongestion: random.oneIn(2))))
    }

    private static let ethernet: [UInt8] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 9, 8, 0]

    private static func ip(_ carried: UInt8, _ length: Int) -> [UInt8] {
        let total = UInt16(truncatingIfNeeded: 20 + length)
        return [
            0x45, 0, UInt8(total >> 8), UInt8(truncatingIfNeeded: total), 0, 1, 0, 0, 64, carried, 0, 0, 10,
            0, 0, 9,
            10, 0, 0, 2,
        ]
    }

    private static func tcp(payload: Int) -> [UInt8] {
        ethernet + ip(6, 20 + payload) + [0, 80, 0, 80, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 1, 0, 0, 0, 0, 0]
            + [UInt8](repeating: 7, count: payload)
    }

    private static func udp() -> [UInt8] {
        ethernet + ip(17, 16) + [0, 9, 0, 7, 0, 16, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]
    }
}
