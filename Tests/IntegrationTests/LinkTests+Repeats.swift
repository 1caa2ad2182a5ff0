import Foundation
import Report
import Testing

/// Links are the same in every run.
extension LinkTests {
    /// Every effect at once, on two kernels, between islands and in one, with faults under way.
    @Test(arguments: [false, true]) func whatLinksDrawIsTheSameEachTime(asOneIsland: Bool) throws {
        let scratch = try Scratch()
        let near = asOneIsland ? ", near" : ""
        try scratch.write(
            """
            name: shaped
            networks:
              near: { subnet: 10.1.0.0/24, latency: 0s }
              lan:
                subnet: 10.0.0.0/24
                latency: 3ms
                bandwidth: 5Mbit
                jitter: { distribution: exponential, scale: 1ms }
                queue: { limit: 40 frames, discipline: codel }
                loss: { model: gilbert-elliott, to-bad: 2%, to-good: 30%, loss-in-bad: 50%, loss-in-good: 0% }
                duplicate: 2%
                corrupt: 1%
                reorder: { share: 3%, by: 4ms, jitter: true }
                latencies: { a: { b: { latency: 5ms, loss: 1% } } }
            faults:
              - { at: 4s, link: lan/b, bandwidth: 1Mbit, latency: 9ms, for: 2s }
              - { at: 7s, link: lan/a, down: true, for: 1s }
              - { at: 9s, partition: [[a], [b]], for: 1s }
            machines:
              a:
                networks: [lan\(near)]
                run: [ping -c 40 -i 0.3 -s 500 10.0.0.2 || true, { command: curl --silent --max-time 20 http://10.0.0.2/swift | sha256sum, at: 3s }]
              b:
                networks: { lan: { address: 10.0.0.2, in: { bandwidth: 2Mbit, queue: { limit: 64K, discipline: red, minimum: 8K, maximum: 32K } } }\(near.isEmpty ? "" : ", near: 10.1.0.2") }
                files: { /srv/swift: "\(String(repeating: "0123456789abcdef", count: 4000))" }
                run: [{ command: cd /srv; python3 -m http.server 80, background: true, expect: any }]
            """, to: "shaped.yaml")
        let outcome = try Almanac.run(["verify", "shaped.yaml", "--runs", "3", "--quiet"], in: scratch.path)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.hasPrefix("equal: shaped, 3 runs"), "\(outcome.output)")
    }
}
