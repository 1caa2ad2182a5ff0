internal import Network

extension LinkKey {
    private static let onLinks: Set<Place> = [.network, .interface, .fault]

    /// The table. The order is that of the resolved lab file.
    package static let all: [LinkKey] = [
        LinkKey(
            \.latency,
            Key(
                "latency", .time(LabLimits.delays),
                "Time on the link, on top of the network's `latency`.", default: "0s", example: "3ms"),
            in: [.network, .interface, .path, .fault],
            at: [
                .network: Variant(
                    meaning: "Time from sending to arrival, unless `latencies` or `graph` gives another.",
                    defaultText: "1ms"),
                .path: Variant(
                    meaning: "Time from sending to arrival, instead of the network's.",
                    defaultText: Key.required),
            ],
            read: { (node, _) throws(LabFileError) in try node.duration(LabLimits.delays) },
            text: DurationText.format),
        LinkKey(
            \.jitter,
            Key(
                "jitter", .either([.time(LabLimits.jitters), .keys(LinkValueKeys.jitter)]),
                "Additional time, drawn for each frame: `2ms` is uniform in [0, 2ms); or [a distribution](#jitter).",
                default: "none", example: "2ms"),
            in: onLinks,
            read: { (node, place) throws(LabFileError) in
                let jitter = try LinkValues.jitter(node)
                // During a fault random numbers go on being drawn, so that frames after it do not depend on it.
                return jitter.scale == 0 && place != .fault ? nil : jitter
            },
            text: { $0.map(LinkValues.text) ?? "0s" }),
        LinkKey(
            \.bandwidth,
            Key(
                "bandwidth", .either([.bandwidth, .word(["unlimited"])]),
                "Bits a second: bit, kbit, Mbit, Gbit or Tbit (powers of 1000), or `unlimited`.",
                default: "unlimited", example: "10Mbit"),
            in: onLinks,
            at: [.fault: Variant(shape: .bandwidth)],
            read: { (node, place) throws(LabFileError) in
                let bandwidth = try LinkValues.bandwidth(node)
                guard bandwidth != nil || place != .fault else {
                    throw node.error("\(node.name): a fault limits the bandwidth, so give what is left")
                }
                return bandwidth
            },
            text: { $0.map(BandwidthText.format) ?? "unlimited" }),
        LinkKey(
            \.queue,
            Key(
                "queue", .either([.queueLimit, .keys(LinkValueKeys.queue)]),
                "Largest amount that may wait for the link: `100 frames`, `64K` or `1500 bytes`; or [more keys](#queues). It needs a `bandwidth`.",
                default: "1000 frames", example: "100 frames"),
            in: onLinks,
            read: { (node, _) throws(LabFileError) in try LinkValues.queue(node) },
            text: LinkValues.text),
        LinkKey(
            \.loss,
            Key(
                "loss", .either([.share, .keys(LinkValueKeys.loss)]),
                "Share of frames that are lost; or [bursts](#loss).", default: "0%", example: "1%"),
            in: [.network, .interface, .path, .fault],
            at: [.path: Variant(shape: .share, meaning: "Share of frames that are lost on the way.")],
            read: { (node, place) throws(LabFileError) in
                place == .path ? LinkValues.independent(try node.percent()) : try LinkValues.loss(node)
            },
            text: LinkValues.text),
        LinkKey(
            \.duplicate,
            Key(
                "duplicate", .share, "Share of frames that arrive twice.", default: "0%", example: "0.1%"),
            in: onLinks,
            read: { (node, _) throws(LabFileError) in try node.percent() }, text: PercentText.format),
        LinkKey(
            \.reorder,
            Key(
                "reorder", .either([.share, .keys(LinkValueKeys.reorder)]),
                "Share of frames that are held back so that later ones overtake them; or [more keys](#reorder). Without it frames keep their order.",
                default: "0%", example: "1%"),
            in: onLinks,
            read: { (node, _) throws(LabFileError) in try LinkValues.reorder(node) }, text: LinkValues.text),
        LinkKey(
            \.corrupt,
            Key(
                "corrupt", .share, "Share of frames in which one bit is flipped.", default: "0%",
                example: "0.01%"),
            in: onLinks,
            read: { (node, _) throws(LabFileError) in try node.percent() }, text: PercentText.format),
        LinkKey(
            \.overhead,
            Key(
                "overhead", .integer(LinkValues.overheads),
                "Extra bytes that each frame occupies on the link. It needs a `bandwidth`.",
                default: "24, as on Ethernet", example: "0"),
            in: [.network, .interface],
            read: { (node, _) throws(LabFileError) in Int(try node.integer(LinkValues.overheads)) },
            text: { "\($0)" }),
    ]
}
