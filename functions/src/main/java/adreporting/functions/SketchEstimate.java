package adreporting.functions;

import org.apache.datasketches.hll.HllSketch;
import org.apache.flink.table.functions.ScalarFunction;

/** SKETCH_ESTIMATE(BYTES): BIGINT, about how many distinct values are in a sketch; 0 of NULL. */
public final class SketchEstimate extends ScalarFunction {

    public Long eval(byte[] sketch) {
        // The other estimate of the library is better before sketches are united, but depends on the values' order.
        return sketch == null ? 0 : Math.round(HllSketch.heapify(sketch).getCompositeEstimate());
    }
}
