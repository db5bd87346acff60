// What is in stock. See tests/syntax.rs for what the marks mean.
package shop.stock;

import java.util.List; //: import java.util List
import java.util.concurrent.*; //: import java.util.concurrent *
import static java.util.Map.entry; //: import java.util.Map entry

/**
 * Everything that is in stock.
 */
@Singleton
public class Inventory extends Registry<Item> implements Closeable, Iterable<Item> { //: class Inventory pub bases=Registry,Closeable,Iterable doc="Everything that is"
    /** How many at most. */
    public static final int LIMIT = 100; //: attribute LIMIT pub in=Inventory doc="How many at most."
    private int reads, writes; //: attribute reads in=Inventory | attribute writes in=Inventory
    final List<Item> items = new CopyOnWriteArrayList<>(); //: attribute items in=Inventory

    // Made by the container.
    Inventory(Clock clock) { //: method Inventory in=Inventory doc="Made by the container."
        super(clock);
    }

    /** Adds an item. */
    @Override
    public boolean add(Item item) { //: method add pub in=Inventory doc="Adds an item." to=+11
        if (items.size() >= LIMIT) {
            throw new IllegalStateException("full: " + items.size());
            //                                 ^ string expression in Inventory > add
        }
        // There is room.
        //    ^ comment in Inventory > add
        Runnable log = () -> System.out.println(item);
        writes += entry(item.name(), log).hashCode();
        //                     ^ expression in Inventory > add block=-8..+2
        return items.add(item);
    }

    protected abstract void audit(); //: method audit pub in=Inventory

    @Override
    public void close() { //: method close pub in=Inventory
        throw new UnsupportedOperationException("later");
        //                              ^ expression in Inventory > close empty
    }

    /** How scarce it is. */
    enum Scarcity implements Ranked { //: enum Scarcity in=Inventory bases=Ranked doc="How scarce"
        COMMON, //: variant COMMON in=Scarcity
        RARE(2) { //: variant RARE in=Scarcity
            @Override
            public String label() { return "rare"; } //: method label pub in=Scarcity
        };

        private final int rank; //: attribute rank in=Scarcity

        Scarcity(int rank) { this.rank = rank; } //: method Scarcity in=Scarcity
    }

    public record Item(String name, int count) implements Comparable<Item> { //: class Item pub in=Inventory bases=Comparable | attribute name in=Item | attribute count in=Item
        public Item { count = Math.max(count, 0); } //: method Item pub in=Item
        static Item of(String name) { return new Item(name, 1); } //: method of in=Item
    }
}

interface Ranked extends Named, Ordered<Ranked> { //: interface Ranked bases=Named,Ordered
    int TOP = 1; //: constant TOP in=Ranked

    int rank(); //: method rank in=Ranked

    default String label() { return "rank " + rank(); } //: method label in=Ranked
}

@interface Singleton { //: interface Singleton
    String value() default ""; //: method value in=Singleton
}
//: uses Item=9 LIMIT=2 items=4 entry=2 Ranked=3
