import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/cockpit.css";
import "./styles/chart.css";
import "./styles/pages.css";
import "./live";
import "./clock";
import "./filter";

if (document.querySelector("cb-chart")) void import("./chart");
