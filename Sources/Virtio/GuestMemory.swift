internal import CAlmanac
internal import Posix
internal import SystemPackage

/// The parts of a guest's memory that it shares with a device (vhost-user: memory regions of SET_MEM_TABLE).
///
/// The guest may change it at any time and is not trusted: each access is checked against the regions and copies. No pointer
/// leaves this type.
struct GuestMemory: ~Copyable {
    /// One region as the message describes it.
    struct RegionDescription: Sendable {
        var guestAddress: UInt64
        var size: UInt64
        var userAddress: UInt64
        var mapOffset: UInt64
    }

    /// Most regions of one table.
    static let regionLimit = 8

    private final class Region {
        let description: RegionDescription
        let mapping: Mapping
        /// Where the region begins in the mapping, which begins at a page.
        let lead: Int

        init(_ description: RegionDescription, _ mapping: consuming Mapping, lead: Int) {
            self.description = description
            self.mapping = mapping
            self.lead = lead
        }
    }

    private var regions: ContiguousArray<Region> = []
    /// The image of the guest's kernel, if its process is known.
    private let image: KernelImage?
    /// `Mapping.cuts` when the regions were last checked.
    private var knownCuts: UInt64 = 0

    /// - Parameter process: the process of the guest's kernel, if it is known: what lies in its image can be read.
    init(process: Int32? = nil) { image = process.map(KernelImage.init) }

    /// Pages of a region are gone, because the guest has cut its file or the host had no memory for them.
    mutating func isCut() -> Bool {
        let cuts = Mapping.cuts
        guard cuts != knownCuts else { return false }
        knownCuts = cuts
        return regions.contains { $0.mapping.isCut }
    }

    var isEmpty: Bool { regions.isEmpty }

    mutating func removeAll() { regions.removeAll() }

    /// Maps a region; refuses one that wraps round or is longer than its file.
    mutating func add(_ description: RegionDescription, file: borrowing Descriptor)
        throws(GuestMemoryError)
    {
        let page: UInt64 = 4096
        let lead = description.mapOffset % page
        guard regions.count < Self.regionLimit else { throw .tooManyRegions }
        guard description.size > 0, description.size <= 1 << 40,
            !description.guestAddress.addingReportingOverflow(description.size).overflow,
            !description.userAddress.addingReportingOverflow(description.size).overflow,
            !description.mapOffset.addingReportingOverflow(description.size).overflow
        else { throw .badRegion(description.guestAddress, description.size) }
        do throws(Errno) {
            let mapping = try Mapping(
                file, offset: description.mapOffset - lead, length: Int(description.size + lead))
            regions.append(Region(description, mapping, lead: Int(lead)))
        } catch {
            throw .cannotMap(description.guestAddress, description.size, error)
        }
    }

    /// A checked place in a region: `offset ..< offset + length` lies inside it.
    struct Place: Sendable {
        fileprivate let region: Int
        fileprivate let offset: Int
        let length: Int
    }

    /// The place of a range given by guest (physical) addresses, as descriptors do.
    func place(guest address: UInt64, length: Int) throws(GuestMemoryError) -> Place {
        for (index, region) in regions.enumerated() {
            let offset = address &- region.description.guestAddress
            if offset < region.description.size, UInt64(length) <= region.description.size - offset {
                return Place(region: index, offset: region.lead + Int(offset), length: length)
            }
        }
        throw .outside(address, length)
    }

    /// The place of a range given by the driver's own (user) addresses, as ring addresses are.
    func place(user address: UInt64, length: Int) throws(GuestMemoryError) -> Place {
        for (index, region) in regions.enumerated() {
            let offset = address &- region.description.userAddress
            if offset < region.description.size, UInt64(length) <= region.description.size - offset {
                return Place(region: index, offset: region.lead + Int(offset), length: length)
            }
        }
        throw .outside(address, length)
    }

    /// What a device may read: of the shared memory a place, of the kernel's image a copy.
    enum Readable: Sendable {
        case shared(Place)
        case copied([UInt8])

        var length: Int {
            switch self {
            case .shared(let place): place.length
            case .copied(let bytes): bytes.count
            }
        }
    }

    /// What a device may read at a guest (physical) address. The kernel's image lies below the lowest region and is not shared; a
    /// kernel of series 7 writes zeros to disks from a page in it.
    func readable(guest address: UInt64, length: Int) throws(GuestMemoryError) -> Readable {
        do throws(GuestMemoryError) {
            return .shared(try place(guest: address, length: length))
        } catch {
            guard case .outside = error, let image,
                let lowest = regions.lazy.map(\.description.guestAddress).min(), address < lowest,
                UInt64(length) <= lowest - address, let bytes = image.bytes(at: address, count: length)
            else { throw error }
            return .copied(bytes)
        }
    }

    /// Whether a place begins at a multiple of `alignment`, at most a page, in this process's memory.
    func isAligned(_ place: Place, to alignment: Int) -> Bool { place.offset % alignment == 0 }

    /// Appends the bytes of a place to `bytes`.
    func read(_ place: Place, into bytes: inout [UInt8]) {
        // The place was checked when it was made, and regions only go away together with all places.
        unsafe bytes.append(contentsOf: slice(place, 0, place.length))
    }

    /// Appends what a device may read to `bytes`.
    func read(_ part: Readable, into bytes: inout [UInt8]) {
        switch part {
        case .shared(let place): read(place, into: &bytes)
        case .copied(let copy): bytes += copy
        }
    }

    /// Copies `bytes` to the beginning of a place that is long enough.
    func write(_ bytes: ArraySlice<UInt8>, to place: Place) {
        precondition(bytes.count <= place.length)
        unsafe slice(place, 0, bytes.count).copyBytes(from: bytes)
    }

    /// A fixed-size value at `offset` of a place, copied once.
    func load<Value: BitwiseCopyable>(_ type: Value.Type, _ place: Place, at offset: Int) -> Value {
        unsafe slice(place, offset, MemoryLayout<Value>.size).loadUnaligned(as: type)
    }

    /// Stores a fixed-size value at `offset` of a place.
    func store<Value: BitwiseCopyable>(_ value: Value, _ place: Place, at offset: Int) {
        unsafe slice(place, offset, MemoryLayout<Value>.size).storeBytes(of: value, as: Value.self)
    }

    /// A 16-bit ring index, before anything it announces is read.
    func loadAcquire(_ place: Place, at offset: Int) -> UInt16 {
        unsafe calmanac_load_acquire_u16(slice(place, offset, 2).baseAddress)
    }

    /// A 16-bit ring index, after everything it announces is written.
    func storeRelease(_ value: UInt16, _ place: Place, at offset: Int) {
        unsafe calmanac_store_release_u16(slice(place, offset, 2).baseAddress, value)
    }

    private func slice(_ place: Place, _ offset: Int, _ length: Int) -> UnsafeMutableRawBufferPointer {
        precondition(offset >= 0 && length >= 0 && offset + length <= place.length)
        let region = regions[place.region]
        let start = place.offset + offset
        return unsafe UnsafeMutableRawBufferPointer(
            rebasing: region.mapping.bytes[start..<start + length])
    }
}

/// What is wrong with an address or a memory table.
enum GuestMemoryError: Error, Hashable, Sendable, CustomStringConvertible {
    case tooManyRegions
    case badRegion(UInt64, UInt64)
    case cannotMap(UInt64, UInt64, Errno)
    case outside(UInt64, Int)
    case cut

    var description: String {
        switch self {
        case .tooManyRegions:
            "more than \(GuestMemory.regionLimit) memory regions"
        case .badRegion(let address, let size):
            "a memory region of \(size) bytes at \(hex(address)) that no guest can have"
        case .cannotMap(let address, let size, let error):
            "the memory region of \(size) bytes at \(hex(address)) cannot be mapped: \(error)"
        case .outside(let address, let length):
            "\(length) bytes at \(hex(address)) are not in the shared memory"
        case .cut:
            "pages of its memory are gone: the guest has cut the file, or the host's tmpfs for it is full"
        }
    }
}

func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
