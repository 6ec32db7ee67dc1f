package adreporting.functions;

import org.apache.datasketches.hll.HllSketch;
import org.apache.datasketches.hll.Union;

/** SKETCH_UNION(BYTES): BYTES, a sketch of what is in any of the sketches: a day's visitors of its hours'. */
public final class SketchUnion extends Sketches {

    public void accumulate(Union union, byte[] sketch) {
        if (sketch != null) {
            union.update(HllSketch.heapify(sketch));
        }
    }
}
