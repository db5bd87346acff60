// A panel that shows jobs. See tests/syntax.rs for what the marks mean.
import React, { useState, type FC } from 'react'; //: import react useState, FC, default as React
import { Job } from './job'; //: import ./job Job

export interface PanelProps extends React.PropsWithChildren { //: interface PanelProps pub bases=PropsWithChildren
  jobs: Job[]; //: attribute jobs pub in=PanelProps
  onSelect?: (job: Job) => void; //: attribute onSelect pub in=PanelProps
}

/** All jobs, the newest first. */
export const Panel: FC<PanelProps> = ({ jobs, onSelect, children }) => { //: function Panel pub doc="All jobs" to=+16
  const [open, setOpen] = useState(false);
  const toggle = () => setOpen(!open); //: function toggle in=Panel
  return (
    <section className="panel large" onClick={toggle}>
      {jobs.map((job) => (
        <Row key={job.id} job={job} onSelect={() => onSelect?.(job)} />
      ))}
      {children}
      <p>{open ? 'open' : 'closed'}</p>
    </section>
  );
  // Never reached.
  //   ^ comment in Panel
  const never = "never";
  //               ^ string expression in Panel
};

// One line.
function Row({ job, onSelect }: { job: Job; onSelect(): void }) { //: function Row doc="One line."
  return <li onClick={onSelect}>{job.name}</li>;
}

export class Boundary extends React.Component<PanelProps> { //: class Boundary pub bases=Component
  state = { failed: false }; //: attribute state in=Boundary

  render() { //: method render in=Boundary
    return this.state.failed ? <Row job={null} /> : this.props.children;
    //                ^ expression in Boundary > render block=-1..+1
  }
}

export default Panel;
//: uses Panel=2 Row=3 Job=4 useState=2
