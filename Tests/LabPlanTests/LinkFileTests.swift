import LabPlan
import Network
import Testing

/// What a lab file says of networks' links, as the plan has it.
struct LinkFileTests {
    private func plan(_ network: String, _ interface: String = "{}", more: String = "") throws -> LabPlan {
        let plan = try LabFile.parse(
            """
            name: links
            networks:
              n: \(network)
            machines:
              a: { networks: { n: \(interface) }, run: [x] }
              b: { networks: [n] }
            \(more)
            """, name: "links.yaml")
        let again = try LabFile.parse(plan.yaml, name: "resolved.yaml")
        #expect(again == plan, "\(plan.yaml)")
        return plan
    }

    private func out(_ network: String, _ interface: String = "{}") throws -> LinkProfile {
        try #require(try plan(network, interface).machines[0].interfaces.first).out
    }

    @Test func everyInterfaceSendsAsTheNetworkSays() throws {
        let plan = try plan(
            "{ bandwidth: 10Mbit, jitter: 2ms, loss: 1%, duplicate: 0.1%, corrupt: 0.01%, overhead: 0 }")
        var profile = LinkProfile()
        profile.bandwidth = 10_000_000
        profile.jitter = Jitter(scale: 2_000_000)
        profile.loss = .independent(Probability(partsPerBillion: 10_000_000))
        profile.duplicate = Probability(partsPerBillion: 1_000_000)
        profile.corrupt = Probability(partsPerBillion: 100_000)
        profile.overhead = 0
        #expect(plan.machines.flatMap(\.interfaces).map(\.out) == [profile, profile])
        #expect(plan.machines.flatMap(\.interfaces).allSatisfy { $0.in.isIdeal })
    }

    @Test func anInterfaceSaysKeyByKeyWhatIsDifferent() throws {
        let plan = try plan(
            "{ bandwidth: 10Mbit, loss: 1%, queue: 50 frames }",
            "{ mtu: 1400, out: { bandwidth: unlimited, latency: 3ms, loss: 0% }, in: { bandwidth: 1.5Mbit } }"
        )
        let interface = plan.machines[0].interfaces[0]
        #expect(interface.mtu == 1400)
        #expect(interface.out.bandwidth == nil && interface.out.latency == 3_000_000)
        #expect(interface.out.loss == .none && interface.out.queue.limit == .frames(50))
        var way = LinkProfile()
        way.bandwidth = 1_500_000
        #expect(interface.in == way)
    }

    @Test func modelsOfLossJitterAndOrder() throws {
        let loss = "{ model: gilbert-elliott, to-bad: 1%, to-good: 20%, loss-in-bad: 50% }"
        #expect(
            try out("{ loss: \(loss) }").loss
                == .gilbertElliott(
                    toBad: Probability(partsPerBillion: 10_000_000),
                    toGood: Probability(partsPerBillion: 200_000_000),
                    lossInGood: .never, lossInBad: Probability(partsPerBillion: 500_000_000)))
        for distribution in Jitter.Distribution.allCases {
            let jitter = "{ distribution: \(distribution.rawValue), scale: 7us }"
            #expect(
                try out("{ jitter: \(jitter) }").jitter == Jitter(distribution: distribution, scale: 7000))
        }
        var reorder = ReorderProfile()
        reorder.share = Probability(partsPerBillion: 20_000_000)
        #expect(try out("{ reorder: 2% }").reorder == reorder)
        reorder.by = 30_000_000
        reorder.byJitter = true
        #expect(try out("{ reorder: { share: 2%, by: 30ms, jitter: true } }").reorder == reorder)
    }

    @Test func queues() throws {
        func queue(_ text: String) throws -> QueueProfile {
            try out("{ bandwidth: 1Mbit, queue: \(text) }").queue
        }
        #expect(try queue("1 frame").limit == .frames(1))
        #expect(try queue("64K").limit == .bytes(65_536))
        #expect(try queue("1501 bytes").limit == .bytes(1501))
        #expect(try queue("{ discipline: drop-tail }") == QueueProfile())
        #expect(
            try queue("{ limit: 60 frames, discipline: red }").discipline
                == .red(
                    minimum: 10, maximum: 30, probability: Probability(partsPerBillion: 100_000_000),
                    weightShift: 9))
        #expect(
            try queue(
                "{ limit: 64K, discipline: red, minimum: 5000 bytes, maximum: 15K, weight-shift: 5, probability: 2% }"
            )
            .discipline
                == .red(
                    minimum: 5000, maximum: 15_360, probability: Probability(partsPerBillion: 20_000_000),
                    weightShift: 5))
        #expect(
            try queue("{ discipline: codel }").discipline == .codel(target: 5_000_000, interval: 100_000_000))
        #expect(
            try queue("{ discipline: codel, target: 1ms, interval: 9ms }").discipline
                == .codel(target: 1_000_000, interval: 9_000_000))
    }

    @Test func machinesLeaveNothingToANetworkThatShapes() throws {
        #expect(try plan("{ latency: 2ms }").networks[0].offload)
        #expect(try !plan("{ loss: 1% }").networks[0].offload)
        #expect(try !plan("{}", "{ in: { latency: 1ms } }").networks[0].offload)
        #expect(try plan("{ loss: 1%, offload: true }").networks[0].offload)
        #expect(try !plan("{ latencies: { a: { b: { latency: 1ms, loss: 1% } } } }").networks[0].offload)
        #expect(try plan("{ latencies: { a: { b: 1ms } } }").networks[0].offload)
    }

    @Test func kindsOfNetworks() throws {
        #expect(try plan("{}").networks[0].kind == .switch)
        #expect(try plan("{ kind: hub }").networks[0].kind == .hub)
        #expect(try plan("{ kind: point-to-point }").networks[0].kind == .pointToPoint)
    }

    @Test func pathsGoBothWaysUnlessBothAreGiven() throws {
        let plan = try LabFile.parse(
            """
            name: paths
            networks:
              n:
                latencies:
                  a: { b: 10ms, c: 20ms }
                  b: { a: 11ms, c: { latency: 30ms, loss: 1% } }
                  d: { d: 5ms, a: 6ms }
            machines:
              a: { networks: [n], run: [x] }
              b: { networks: [n] }
              c: { networks: [n] }
              d: { count: 2, networks: [n] }
            """, name: "x")
        func path(_ from: Int, _ to: Int) -> PathProfile? {
            plan.networks[0].paths[MachinePair(from: from, to: to)]
        }
        #expect(path(0, 1)?.latency == 10_000_000 && path(1, 0)?.latency == 11_000_000)
        #expect(path(0, 2) == path(2, 0) && path(0, 2)?.latency == 20_000_000)
        #expect(
            path(2, 1) == PathProfile(latency: 30_000_000, loss: Probability(partsPerBillion: 10_000_000)))
        #expect(path(3, 4)?.latency == 5_000_000 && path(0, 4)?.latency == 6_000_000)
        #expect(path(1, 3) == nil && plan.networks[0].paths.count == 2 * 3 + 2 + 4)
        #expect(try LabFile.parse(plan.yaml, name: "again") == plan)
    }

    @Test func aMachineMayKeepItsState() throws {
        let text = "name: x\nmachines: { a: { state: keep, run: [x] }, b: { state: lost }, c: {} }"
        let plan = try LabFile.parse(text, name: "x")
        #expect(plan.machines.map(\.keepsState) == [true, false, false])
        #expect(try LabFile.parse(plan.yaml, name: "again") == plan)
    }

    @Test func aMachineMayLimitWhatPollingTakes() throws {
        let text = "name: x\nuntil: 5s\nmachines: { a: { polling: 100us }, b: { polling: exact }, c: {} }"
        let plan = try LabFile.parse(text, name: "x")
        #expect(plan.machines.map(\.pollingLimit) == [100_000, 0, 100_000])
        #expect(try LabFile.parse(plan.yaml, name: "again") == plan)
        for value in ["100ns", "2s", "often"] {
            #expect(throws: LabFileError.self) {
                _ = try LabFile.parse("name: x\nuntil: 5s\nmachines: { a: { polling: \(value) } }", name: "x")
            }
        }
    }

    @Test(
        arguments: [
            ("20%", 200_000_000), ("0.001%", 10_000), ("100%", 1_000_000_000), ("0.0000001%", 1), ("0%", 0),
        ] as [(String, UInt32)])
    func shares(text: String, parts: UInt32) throws {
        #expect(try PercentText.parse(text) == Probability(partsPerBillion: parts))
        #expect(PercentText.format(Probability(partsPerBillion: parts)) == text)
    }

    @Test(
        arguments: [
            ("10Mbit", 10_000_000), ("1bit", 1), ("9600bit", 9600), ("1000Tbit", 1_000_000_000_000_000),
        ] as [(String, UInt64)])
    func bandwidths(text: String, bits: UInt64) throws {
        #expect(try BandwidthText.parse(text) == bits)
        #expect(try BandwidthText.parse(BandwidthText.format(bits)) == bits)
    }

    @Test(arguments: ["", "10", "10mbit", "Mbit", "1.5bit", "2000Tbit", "10 Mbit", "-1Mbit", "0Mbit"])
    func noBandwidths(text: String) {
        #expect(throws: TextError.self) { _ = try BandwidthText.parse(text) }
    }

    @Test(arguments: ["", "%", "1", "-1%", "1.2.3%", "100.1%", "0.00000001%", "1 %", "٣%"])
    func noShares(text: String) {
        #expect(throws: TextError.self) { _ = try PercentText.parse(text) }
    }
}
